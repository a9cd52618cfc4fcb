<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE TS>
<TS version="2.1" language="fr" sourcelanguage="en">
<context>
    <name>ImageryDeepLearning</name>
    <message>
        <source>Set Up the Deep Learning Engine</source>
        <translation>Installer le moteur d'apprentissage profond</translation>
    </message>
    <message>
        <source>Engine</source>
        <translation>Moteur</translation>
    </message>
    <message>
        <source>Install the deep learning engine beside QGIS, repair it, or take an environment that exists.</source>
        <translation>Installe le moteur d'apprentissage profond à côté de QGIS, le répare, ou prend un environnement existant.</translation>
    </message>
    <message>
        <source>Builds a Python environment of its own, outside QGIS's Python, with all packages at the versions that were tested, each checked by its hash. Takes 2 to 8 GB and some minutes. The new environment has to compute before it is used; a run that is cancelled or fails leaves the earlier one as it was. Running it again repairs what is broken and does nothing where all is well.</source>
        <translation>Construit un environnement Python à part, hors du Python de QGIS, avec tous les paquets aux versions testées, chacun contrôlé par son empreinte. Prend 2 à 8 Go et quelques minutes. Le nouvel environnement doit calculer avant d'être utilisé ; une exécution annulée ou échouée laisse le précédent tel quel. Une nouvelle exécution répare ce qui est cassé et ne fait rien si tout va bien.</translation>
    </message>
    <message>
        <source>Folder of the engine</source>
        <translation>Dossier du moteur</translation>
    </message>
    <message>
        <source>Where it lies; empty takes the user's own data folder, which upgrades keep.</source>
        <translation>Où il se trouve ; vide : le dossier de données de l'utilisateur, que les mises à jour conservent.</translation>
    </message>
    <message>
        <source>Processor</source>
        <translation>Processeur</translation>
    </message>
    <message>
        <source>Which build of PyTorch: AUTO takes that for CUDA where an NVIDIA driver answers, else that for the CPU. What the package index does not have for this system comes from PyTorch's own index; a mirror, a bundle and pip have one build only.</source>
        <translation>Version de PyTorch : AUTO prend celle pour CUDA si un pilote NVIDIA répond, sinon celle pour le processeur. Ce que l'index de paquets n'a pas pour ce système vient de l'index de PyTorch ; un miroir, un lot hors ligne et pip n'ont qu'une version.</translation>
    </message>
    <message>
        <source>Training and reports</source>
        <translation>Entraînement et rapports</translation>
    </message>
    <message>
        <source>Also what training and the reports of accuracy need.</source>
        <translation>Aussi ce qu'il faut à l'entraînement et aux rapports d'exactitude.</translation>
    </message>
    <message>
        <source>Transformer models</source>
        <translation>Modèles à transformeurs</translation>
    </message>
    <message>
        <source>Also what models made of transformers need.</source>
        <translation>Aussi ce qu'il faut aux modèles faits de transformeurs.</translation>
    </message>
    <message>
        <source>Python of an existing environment</source>
        <translation>Python d'un environnement existant</translation>
    </message>
    <message>
        <source>Take this environment instead of building one: one of conda, or a read-only folder that an office shares. It is proven, not changed.</source>
        <translation>Prendre cet environnement au lieu d'en construire un : un environnement conda, ou un dossier en lecture seule partagé par un bureau. Il est éprouvé, pas modifié.</translation>
    </message>
    <message>
        <source>Build anew</source>
        <translation>Reconstruire</translation>
    </message>
    <message>
        <source>Build a new environment also when the one in use works.</source>
        <translation>Construire un nouvel environnement même si celui en service fonctionne.</translation>
    </message>
    <message>
        <source>Offline bundle</source>
        <translation>Lot hors ligne</translation>
    </message>
    <message>
        <source>Install from this folder, which Build Offline Bundle wrote, without network.</source>
        <translation>Installer depuis ce dossier, écrit par Construire un lot hors ligne, sans réseau.</translation>
    </message>
    <message>
        <source>Python to build on</source>
        <translation>Python de base</translation>
    </message>
    <message>
        <source>A Python 3.11 to 3.13; empty finds one, or fetches one where there is none.</source>
        <translation>Un Python 3.11 à 3.13 ; vide : en trouve un, ou en télécharge un s'il n'y en a pas.</translation>
    </message>
    <message>
        <source>Package index</source>
        <translation>Index de paquets</translation>
    </message>
    <message>
        <source>A mirror of the package index; empty takes the usual one.</source>
        <translation>Un miroir de l'index de paquets ; vide : l'index habituel.</translation>
    </message>
    <message>
        <source>Proxy</source>
        <translation>Serveur mandataire</translation>
    </message>
    <message>
        <source>http://host:port, with user:password@ before the host where it asks; empty takes QGIS's or the system's.</source>
        <translation>http://hôte:port, avec utilisateur:motdepasse@ devant l'hôte s'il le demande ; vide : celui de QGIS ou du système.</translation>
    </message>
    <message>
        <source>Certificates</source>
        <translation>Certificats</translation>
    </message>
    <message>
        <source>File (.pem) of further authorities to trust, where a company opens TLS lines.</source>
        <translation>Fichier (.pem) d'autorités supplémentaires, là où une entreprise ouvre les connexions TLS.</translation>
    </message>
    <message>
        <source>Patience</source>
        <translation>Patience</translation>
    </message>
    <message>
        <source>Seconds without a byte after which the line is given up.</source>
        <translation>Secondes sans un octet après lesquelles la connexion est abandonnée.</translation>
    </message>
    <message>
        <source>Python of the engine</source>
        <translation>Python du moteur</translation>
    </message>
    <message>
        <source>Processors that compute</source>
        <translation>Processeurs qui calculent</translation>
    </message>
    <message>
        <source>Diagnose the Engine</source>
        <translation>Diagnostiquer le moteur</translation>
    </message>
    <message>
        <source>Write down what is needed to help when the engine does not work, as Markdown that can be pasted into an issue.</source>
        <translation>Note ce qu'il faut pour aider quand le moteur ne marche pas, en Markdown à coller dans un signalement.</translation>
    </message>
    <message>
        <source>System, Python, packages, processors, driver, disk and the last errors. The engine has to compute, on every processor it finds. User names in paths are left out.</source>
        <translation>Système, Python, paquets, processeurs, pilote, disque et dernières erreurs. Le moteur doit calculer sur chaque processeur trouvé. Les noms d'utilisateur sont retirés des chemins.</translation>
    </message>
    <message>
        <source>Report</source>
        <translation>Rapport</translation>
    </message>
    <message>
        <source>Markdown file to write.</source>
        <translation>Fichier Markdown à écrire.</translation>
    </message>
    <message>
        <source>What to look at; empty takes the one in use.</source>
        <translation>Ce qu'il faut examiner ; vide : celui en service.</translation>
    </message>
    <message>
        <source>Where it was set up; empty takes the user's own data folder.</source>
        <translation>Où il a été installé ; vide : le dossier de données de l'utilisateur.</translation>
    </message>
    <message>
        <source>Host</source>
        <translation>Hôte</translation>
    </message>
    <message>
        <source>Program and version that asks, such as QGIS 3.40; QGIS fills it in.</source>
        <translation>Programme et version qui demande, par exemple QGIS 3.40 ; QGIS le remplit.</translation>
    </message>
    <message>
        <source>State in one sentence</source>
        <translation>État en une phrase</translation>
    </message>
    <message>
        <source>Build Offline Bundle</source>
        <translation>Construire un lot hors ligne</translation>
    </message>
    <message>
        <source>Fetch all packages of the engine into a folder, for computers without network.</source>
        <translation>Télécharge tous les paquets du moteur dans un dossier, pour les ordinateurs sans réseau.</translation>
    </message>
    <message>
        <source>Run it on a connected computer, carry the folder over, and give it to Set Up the Deep Learning Engine there (parameter bundle). Every package is checked by its hash twice: here and there. The other computer needs a Python of the version named here.</source>
        <translation>À exécuter sur un ordinateur connecté ; porter le dossier et le donner là-bas à Installer le moteur d'apprentissage profond (paramètre bundle). Chaque paquet est contrôlé deux fois par son empreinte : ici et là-bas. L'autre ordinateur a besoin d'un Python de la version indiquée ici.</translation>
    </message>
    <message>
        <source>Bundle</source>
        <translation>Lot</translation>
    </message>
    <message>
        <source>New folder to write; 1 to 4 GB.</source>
        <translation>Nouveau dossier à écrire ; 1 à 4 Go.</translation>
    </message>
    <message>
        <source>System</source>
        <translation>Système</translation>
    </message>
    <message>
        <source>Where it will be installed.</source>
        <translation>Où il sera installé.</translation>
    </message>
    <message>
        <source>Version of Python</source>
        <translation>Version de Python</translation>
    </message>
    <message>
        <source>That of the Python over there; for this computer that of the engine's Python.</source>
        <translation>Celle du Python de là-bas ; pour cet ordinateur, celle du Python du moteur.</translation>
    </message>
    <message>
        <source>Number of packages</source>
        <translation>Nombre de paquets</translation>
    </message>
    <message>
        <source>Segment Image</source>
        <translation>Segmenter une image</translation>
    </message>
    <message>
        <source>Training data</source>
        <translation>Données d'entraînement</translation>
    </message>
    <message>
        <source>Divide an image into small areas of like pixels, to be picked as training samples.</source>
        <translation>Divise une image en petites zones de pixels semblables, à choisir comme échantillons.</translation>
    </message>
    <message>
        <source>Segments are superpixels (SLIC): about equally large, each in one piece, their borders follow those in the image. They leave no gap and do not overlap. Any number of bands and any type of pixels will do: each band is brought to one scale first. Pixels without data have no segment. Rasters of any size are worked on in tiles that continue the segments of their neighbours, so memory does not grow and no seam shows. Polygons run along the pixels' edges with corners cut, nowhere farther from them than half a pixel.</source>
        <translation>Les segments sont des superpixels (SLIC) : à peu près de même taille, d'un seul tenant, leurs bords suivent ceux de l'image. Ils ne laissent pas de vide et ne se recouvrent pas. Tout nombre de bandes et tout type de pixels conviennent : chaque bande est d'abord ramenée à une échelle. Les pixels sans données n'ont pas de segment. Les rasters de toute taille sont traités en tuiles qui continuent les segments de leurs voisines : la mémoire ne croît pas et aucune couture ne se voit. Les polygones longent les bords des pixels, coins coupés, à un demi-pixel près.</translation>
    </message>
    <message>
        <source>Input raster</source>
        <translation>Raster en entrée</translation>
    </message>
    <message>
        <source>Image to divide.</source>
        <translation>Image à diviser.</translation>
    </message>
    <message>
        <source>Output segments</source>
        <translation>Segments en sortie</translation>
    </message>
    <message>
        <source>One polygon a segment, with its number in the field segment.</source>
        <translation>Un polygone par segment, avec son numéro dans le champ segment.</translation>
    </message>
    <message>
        <source>Output segment raster</source>
        <translation>Raster de segments en sortie</translation>
    </message>
    <message>
        <source>Raster of the segments' numbers; 0 is nodata.</source>
        <translation>Raster des numéros de segments ; 0 : pas de données.</translation>
    </message>
    <message>
        <source>Segment size</source>
        <translation>Taille des segments</translation>
    </message>
    <message>
        <source>Width of a segment on average. Take about half the width of the smallest object.</source>
        <translation>Largeur moyenne d'un segment. Prendre environ la moitié de la largeur du plus petit objet.</translation>
    </message>
    <message>
        <source>Compactness</source>
        <translation>Compacité</translation>
    </message>
    <message>
        <source>How much nearness counts against likeness: 1 follows every border in the image, 100 makes near squares.</source>
        <translation>Poids de la proximité face à la ressemblance : 1 suit chaque bord de l'image, 100 fait presque des carrés.</translation>
    </message>
    <message>
        <source>Bands</source>
        <translation>Bandes</translation>
    </message>
    <message>
        <source>Bands to look at, by name or by number counted from 1; empty takes all.</source>
        <translation>Bandes à regarder, par nom ou par numéro compté à partir de 1 ; vide : toutes.</translation>
    </message>
    <message>
        <source>Cell size</source>
        <translation>Taille de cellule</translation>
    </message>
    <message>
        <source>Cell size at which the raster is read, in units of its CRS. auto: the raster's own. Empty: the raster's own.</source>
        <translation>Taille de cellule à laquelle le raster est lu, en unités de son SCR. auto : celle du raster. Vide : celle du raster.</translation>
    </message>
    <message>
        <source>Extent</source>
        <translation>Emprise</translation>
    </message>
    <message>
        <source>Only this part of the raster is divided.</source>
        <translation>Seule cette partie du raster est divisée.</translation>
    </message>
    <message>
        <source>Export Training Data For Deep Learning</source>
        <translation>Exporter des données d'entraînement pour l'apprentissage profond</translation>
    </message>
    <message>
        <source>Cut image chips and matching label files out of imagery, from labelled features or class rasters.</source>
        <translation>Découpe dans l'imagerie des imagettes et leurs fichiers d'étiquettes, d'après des entités étiquetées ou des rasters de classes.</translation>
    </message>
    <message>
        <source>Chips lie on a grid anchored at the processing extent; the last column and row are pulled back to its edge. Labeled_Tiles and Imagenet cut one chip for each object instead. Chips keep pixel type, bands and georeference. Labels in another CRS are reprojected. A run into a folder that an earlier run wrote goes on with its numbering and merges the statistics; a folder of anything else is refused.</source>
        <translation>Les imagettes sont sur une grille ancrée à l'emprise de traitement ; la dernière colonne et la dernière ligne sont ramenées à son bord. Labeled_Tiles et Imagenet découpent plutôt une imagette par objet. Les imagettes gardent type de pixel, bandes et géoréférence. Les étiquettes d'un autre SCR sont reprojetées. Une exécution dans un dossier écrit plus tôt poursuit sa numérotation et fusionne les statistiques ; un dossier d'autre chose est refusé.</translation>
    </message>
    <message>
        <source>Imagery to cut chips from: a raster or a folder of rasters.</source>
        <translation>Imagerie à découper : un raster ou un dossier de rasters.</translation>
    </message>
    <message>
        <source>Output folder</source>
        <translation>Dossier en sortie</translation>
    </message>
    <message>
        <source>Receives the images, labels, statistics and the template .emd.</source>
        <translation>Reçoit les images, les étiquettes, les statistiques et le modèle de fichier .emd.</translation>
    </message>
    <message>
        <source>Input feature class, classified raster or table</source>
        <translation>Classe d'entités, raster classé ou table en entrée</translation>
    </message>
    <message>
        <source>Labelled polygons, or points with a buffer radius. Classified_Tiles, RCNN_Masks and Panoptic_Segmentation also take lines with a buffer radius, a class raster, or a folder of class rasters, which go with the input rasters of the same name or ground; to RCNN_Masks each connected region is an object. Labeled_Tiles, MultiLabeled_Tiles and Imagenet take features of any kind without a buffer, and class rasters, of which each connected region is an object. For a folder of images also a table without CRS whose column ImageName says which image a row labels: a shape in its pixels, or without geometry all of it. Export_Tiles and CycleGAN do without labels: all tiles with valid pixels are written then.</source>
        <translation>Polygones étiquetés, ou points avec un rayon de tampon. Classified_Tiles, RCNN_Masks et Panoptic_Segmentation prennent aussi des lignes avec un rayon, un raster de classes, ou un dossier de rasters de classes qui vont avec les rasters de même nom ou de même terrain ; pour RCNN_Masks chaque région connexe est un objet. Labeled_Tiles, MultiLabeled_Tiles et Imagenet prennent des entités de toute sorte sans tampon, et des rasters de classes dont chaque région connexe est un objet. Pour un dossier d'images, aussi une table sans SCR dont la colonne ImageName dit quelle image une ligne étiquette : une forme dans ses pixels, ou sans géométrie l'image entière. Export_Tiles et CycleGAN se passent d'étiquettes : toutes les tuiles avec des pixels valides sont alors écrites.</translation>
    </message>
    <message>
        <source>Image format</source>
        <translation>Format d'image</translation>
    </message>
    <message>
        <source>Format of the chips; PNG and JPEG hold at most 3 bands of 8 bits, MRF takes three files a chip.</source>
        <translation>Format des imagettes ; PNG et JPEG contiennent au plus 3 bandes de 8 bits, MRF prend trois fichiers par imagette.</translation>
    </message>
    <message>
        <source>Tile size X</source>
        <translation>Taille de tuile X</translation>
    </message>
    <message>
        <source>Width of a chip.</source>
        <translation>Largeur d'une imagette.</translation>
    </message>
    <message>
        <source>Tile size Y</source>
        <translation>Taille de tuile Y</translation>
    </message>
    <message>
        <source>Height of a chip.</source>
        <translation>Hauteur d'une imagette.</translation>
    </message>
    <message>
        <source>Stride X</source>
        <translation>Pas X</translation>
    </message>
    <message>
        <source>Step to the next chip in a row; empty is half the tile size (128 of 256), the tile size gives no overlap.</source>
        <translation>Pas jusqu'à l'imagette suivante d'une ligne ; vide : la moitié de la tuile (128 pour 256) ; la taille de tuile ne donne aucun recouvrement.</translation>
    </message>
    <message>
        <source>Stride Y</source>
        <translation>Pas Y</translation>
    </message>
    <message>
        <source>Step to the next row of chips; empty is half the tile size.</source>
        <translation>Pas jusqu'à la ligne d'imagettes suivante ; vide : la moitié de la tuile.</translation>
    </message>
    <message>
        <source>Output no feature tiles</source>
        <translation>Écrire les tuiles sans entité</translation>
    </message>
    <message>
        <source>Also write chips without any label.</source>
        <translation>Écrire aussi les imagettes sans étiquette.</translation>
    </message>
    <message>
        <source>Metadata format</source>
        <translation>Format des métadonnées</translation>
    </message>
    <message>
        <source>Format of the labels: rectangles for object detection, Classified_Tiles (a label raster a chip) for pixel classification, RCNN_Masks (a mask of each object) for instance segmentation, Panoptic_Segmentation both. Labeled_Tiles and Imagenet cut one chip for each object, which has its class; MultiLabeled_Tiles lists the classes in each chip. Export_Tiles writes chips without labels, with in_raster2 in pairs; CycleGAN writes a folder A of in_raster and a folder B of in_raster2.</source>
        <translation>Format des étiquettes : rectangles pour la détection d'objets, Classified_Tiles (un raster d'étiquettes par imagette) pour la classification de pixels, RCNN_Masks (un masque par objet) pour la segmentation d'instances, Panoptic_Segmentation pour les deux. Labeled_Tiles et Imagenet découpent une imagette par objet, qui a sa classe ; MultiLabeled_Tiles énumère les classes de chaque imagette. Export_Tiles écrit des imagettes sans étiquettes, par paires avec in_raster2 ; CycleGAN écrit un dossier A de in_raster et un dossier B de in_raster2.</translation>
    </message>
    <message>
        <source>Start index</source>
        <translation>Indice de départ</translation>
    </message>
    <message>
        <source>Number of the first chip in a new folder.</source>
        <translation>Numéro de la première imagette d'un nouveau dossier.</translation>
    </message>
    <message>
        <source>Class value field</source>
        <translation>Champ de valeur de classe</translation>
    </message>
    <message>
        <source>Field with the class of each feature: whole numbers, or texts that are numbered in sorted order. Empty takes a field named Classvalue or Value; without one all features are one class. A text may list several classes with commas for MultiLabeled_Tiles.</source>
        <translation>Champ contenant la classe de chaque entité : nombres entiers, ou textes numérotés dans l'ordre alphabétique. Vide : un champ nommé Classvalue ou Value ; sans lui, toutes les entités sont d'une classe. Un texte peut énumérer plusieurs classes avec des virgules pour MultiLabeled_Tiles.</translation>
    </message>
    <message>
        <source>Buffer radius</source>
        <translation>Rayon de tampon</translation>
    </message>
    <message>
        <source>Radius of the circle around each point, in units of the features' CRS.</source>
        <translation>Rayon du cercle autour de chaque point, en unités du SCR des entités.</translation>
    </message>
    <message>
        <source>Input mask polygons</source>
        <translation>Polygones de masque en entrée</translation>
    </message>
    <message>
        <source>Only chips completely inside these polygons are written.</source>
        <translation>Seules les imagettes entièrement dans ces polygones sont écrites.</translation>
    </message>
    <message>
        <source>Rotation angle</source>
        <translation>Angle de rotation</translation>
    </message>
    <message>
        <source>Each chip is written unrotated and again at every multiple of this angle below 360.</source>
        <translation>Chaque imagette est écrite sans rotation, puis à chaque multiple de cet angle inférieur à 360.</translation>
    </message>
    <message>
        <source>Reference system</source>
        <translation>Système de référence</translation>
    </message>
    <message>
        <source>MAP_SPACE cuts north-up chips; PIXEL_SPACE keeps rows and columns as they are stored.</source>
        <translation>MAP_SPACE découpe des imagettes nord en haut ; PIXEL_SPACE garde lignes et colonnes telles qu'enregistrées.</translation>
    </message>
    <message>
        <source>Processing mode</source>
        <translation>Mode de traitement</translation>
    </message>
    <message>
        <source>PROCESS_AS_MOSAICKED_IMAGE makes one image of the rasters of a folder, the first on top, and chips may cross their borders; PROCESS_ITEMS_SEPARATELY cuts each raster of a folder or of a virtual raster (.vrt) by itself. Empty: a virtual raster is one image, the rasters of a folder are cut one by one.</source>
        <translation>PROCESS_AS_MOSAICKED_IMAGE fait une image des rasters d'un dossier, le premier au-dessus, et les imagettes peuvent croiser leurs bords ; PROCESS_ITEMS_SEPARATELY découpe chaque raster d'un dossier ou d'un raster virtuel (.vrt) à part. Vide : un raster virtuel est une image, les rasters d'un dossier sont découpés un à un.</translation>
    </message>
    <message>
        <source>Blacken around feature</source>
        <translation>Noircir autour de l'entité</translation>
    </message>
    <message>
        <source>Pixels outside the object are 0 (Labeled_Tiles and Imagenet). Points blacken nothing.</source>
        <translation>Les pixels hors de l'objet valent 0 (Labeled_Tiles et Imagenet). Les points ne noircissent rien.</translation>
    </message>
    <message>
        <source>Crop mode</source>
        <translation>Mode de découpe</translation>
    </message>
    <message>
        <source>What is cut for an object (Labeled_Tiles and Imagenet): FIXED_SIZE a chip of the tile size, centred on it; BOUNDING_BOX its frame, so that sizes vary.</source>
        <translation>Ce qui est découpé pour un objet (Labeled_Tiles et Imagenet) : FIXED_SIZE une imagette de la taille de tuile, centrée sur lui ; BOUNDING_BOX son cadre, de taille variable.</translation>
    </message>
    <message>
        <source>Additional input raster</source>
        <translation>Raster supplémentaire en entrée</translation>
    </message>
    <message>
        <source>Second image of the same ground for change pairs (Classified_Tiles) or pairs of tiles (Export_Tiles), or a folder of them; on another grid it is resampled to that of the first. Its chips go to images2 under the same names. CycleGAN: the images of the other kind, of any place.</source>
        <translation>Seconde image du même terrain pour les paires de changement (Classified_Tiles) ou de tuiles (Export_Tiles), ou un dossier d'images ; sur une autre grille elle est rééchantillonnée à la première. Ses imagettes vont dans images2 sous les mêmes noms. CycleGAN : les images de l'autre sorte, de n'importe où.</translation>
    </message>
    <message>
        <source>Instance feature class</source>
        <translation>Classe d'entités d'instances</translation>
    </message>
    <message>
        <source>The objects of Panoptic_Segmentation, each with a mask of its own, beside the classes of all pixels from in_class_data: polygons, points or lines with the buffer radius, or a class raster, whose connected regions are the objects.</source>
        <translation>Les objets de Panoptic_Segmentation, chacun avec son masque, à côté des classes de tous les pixels de in_class_data : polygones, points ou lignes avec le rayon de tampon, ou un raster de classes dont les régions connexes sont les objets.</translation>
    </message>
    <message>
        <source>Instance class value field</source>
        <translation>Champ de classe des instances</translation>
    </message>
    <message>
        <source>Field with the class of each object, with the values of the class value field. Empty as there.</source>
        <translation>Champ contenant la classe de chaque objet, avec les valeurs du champ de valeur de classe. Vide : comme là.</translation>
    </message>
    <message>
        <source>Minimum polygon overlap ratio</source>
        <translation>Part minimale du polygone</translation>
    </message>
    <message>
        <source>A feature with a smaller share of its area inside a chip is left out of that chip's labels.</source>
        <translation>Une entité dont une part plus petite de la surface est dans l'imagette n'y est pas étiquetée.</translation>
    </message>
    <message>
        <source>TIFF compression</source>
        <translation>Compression TIFF</translation>
    </message>
    <message>
        <source>Compression of TIFF chips.</source>
        <translation>Compression des imagettes TIFF.</translation>
    </message>
    <message>
        <source>Cell size at which the raster is read, in units of its CRS. auto: the cell size at which objects are about 50 pixels across (34 for Classified_Tiles of one class). Empty: the raster's own.</source>
        <translation>Taille de cellule à laquelle le raster est lu, en unités de son SCR. auto : celle à laquelle les objets font environ 50 pixels (34 pour Classified_Tiles à une classe). Vide : celle du raster.</translation>
    </message>
    <message>
        <source>Only this part of the raster is processed.</source>
        <translation>Seule cette partie du raster est traitée.</translation>
    </message>
    <message>
        <source>Parallel processing factor</source>
        <translation>Facteur de traitement parallèle</translation>
    </message>
    <message>
        <source>Cores that cut chips: a number, or a percentage such as 80%. Empty or 0: one core. The files are the same whatever it is; each core needs the memory of a run.</source>
        <translation>Cœurs qui découpent : un nombre, ou un pourcentage tel que 80%. Vide ou 0 : un cœur. Les fichiers sont les mêmes dans tous les cas ; chaque cœur demande la mémoire d'une exécution.</translation>
    </message>
    <message>
        <source>Number of chips</source>
        <translation>Nombre d'imagettes</translation>
    </message>
    <message>
        <source>Convert Training Data</source>
        <translation>Convertir des données d'entraînement</translation>
    </message>
    <message>
        <source>Write training data of any known layout as a folder of this toolbox, in another label format if asked.</source>
        <translation>Écrit des données d'entraînement de toute disposition connue en dossier de cette boîte à outils, dans un autre format d'étiquettes si demandé.</translation>
    </message>
    <message>
        <source>Reads COCO (a folder or its .json file; boxes, polygons, run lengths), YOLO, VOC (choose SegmentationClass or SegmentationObject for its masks), KITTI, folders of images and masks (class values or colours), folders of classes, and every format of the export. Masks can become boxes, class maps or class labels, boxes can become chips of single objects; boxes hold no outlines, so they never become masks. Chips that need no change are copied byte for byte. Class names and values are kept. A run into a folder that an earlier run wrote goes on with its numbering.</source>
        <translation>Lit COCO (un dossier ou son fichier .json ; cadres, polygones, longueurs de plages), YOLO, VOC (choisir SegmentationClass ou SegmentationObject pour ses masques), KITTI, les dossiers d'images et de masques (valeurs de classes ou couleurs), les dossiers de classes et tous les formats de l'export. Les masques peuvent devenir cadres, cartes de classes ou étiquettes, les cadres des imagettes d'objets ; les cadres n'ont pas de contour et ne deviennent jamais des masques. Les imagettes qui ne changent pas sont copiées octet par octet. Noms et valeurs de classes sont gardés. Une exécution dans un dossier écrit plus tôt poursuit sa numérotation.</translation>
    </message>
    <message>
        <source>Input training data</source>
        <translation>Données d'entraînement en entrée</translation>
    </message>
    <message>
        <source>Folders of one layout, or a COCO .json file.</source>
        <translation>Dossiers d'une disposition, ou un fichier .json COCO.</translation>
    </message>
    <message>
        <source>Format of the labels that are written. Labeled_Tiles and Imagenet cut one chip for each object; Panoptic_Segmentation writes the masks of objects, or the connected regions of class maps, beside maps of their classes.</source>
        <translation>Format des étiquettes écrites. Labeled_Tiles et Imagenet découpent une imagette par objet ; Panoptic_Segmentation écrit les masques des objets, ou les régions connexes des cartes de classes, à côté des cartes de leurs classes.</translation>
    </message>
    <message>
        <source>Format of the chips; empty keeps theirs (JPEG that must be cut becomes PNG, which loses nothing more).</source>
        <translation>Format des imagettes ; vide : le leur (un JPEG à découper devient PNG, qui ne perd rien de plus).</translation>
    </message>
    <message>
        <source>Tile size</source>
        <translation>Taille de tuile</translation>
    </message>
    <message>
        <source>Side of the chips that are written: larger ones are cut into tiles, smaller ones filled up with 0. 0 keeps chips as they are, fills them up to the largest where they differ, and gives chips of single objects the size of their object.</source>
        <translation>Côté des imagettes écrites : les plus grandes sont découpées, les plus petites complétées par 0. 0 garde les imagettes telles quelles, les complète à la plus grande si elles diffèrent, et donne aux imagettes d'objets la taille de l'objet.</translation>
    </message>
    <message>
        <source>Stride</source>
        <translation>Pas</translation>
    </message>
    <message>
        <source>Step from one tile to the next; 0 is the tile size.</source>
        <translation>Pas d'une tuile à la suivante ; 0 : la taille de tuile.</translation>
    </message>
    <message>
        <source>Inspect Training Data</source>
        <translation>Inspecter des données d'entraînement</translation>
    </message>
    <message>
        <source>Look at training data before hours of training: chips with their labels, counts, sizes, duplicates, leakage.</source>
        <translation>Regarder les données avant des heures d'entraînement : imagettes étiquetées, nombres, tailles, doublons, fuites.</translation>
    </message>
    <message>
        <source>The page begins with findings in plain sentences, worst first, each with its remedy: identical chips with different labels, copies, unreadable chips, classes with too little of them, objects that are too small, too large or cut, empty and void chips, and validation chips that a random split would also train on. Counts, sizes and chips of each class with their labels follow. All chips are stretched alike. The page is one file that any browser shows and prints. Folders of other programs (COCO, YOLO, VOC, KITTI, images and masks, folders of classes) are inspected as well.</source>
        <translation>La page commence par des constats en phrases simples, les pires d'abord, chacun avec son remède : imagettes identiques aux étiquettes différentes, copies, imagettes illisibles, classes trop rares, objets trop petits, trop grands ou coupés, imagettes vides, et imagettes de validation qu'un partage aléatoire apprendrait aussi. Suivent les nombres, les tailles et des imagettes de chaque classe. Toutes sont étirées de même. La page est un seul fichier que tout navigateur affiche et imprime. Les dossiers d'autres programmes (COCO, YOLO, VOC, KITTI, images et masques, dossiers de classes) sont inspectés aussi.</translation>
    </message>
    <message>
        <source>Folders of one format, as the export or another program wrote them.</source>
        <translation>Dossiers d'un format, écrits par l'export ou un autre programme.</translation>
    </message>
    <message>
        <source>Output report</source>
        <translation>Rapport en sortie</translation>
    </message>
    <message>
        <source>Page with findings, counts and pictures.</source>
        <translation>Page de constats, de nombres et d'images.</translation>
    </message>
    <message>
        <source>Number of findings</source>
        <translation>Nombre de constats</translation>
    </message>
    <message>
        <source>Number of errors among them</source>
        <translation>Nombre d'erreurs parmi eux</translation>
    </message>
    <message>
        <source>Train Deep Learning Model</source>
        <translation>Entraîner un modèle d'apprentissage profond</translation>
    </message>
    <message>
        <source>Model</source>
        <translation>Modèle</translation>
    </message>
    <message>
        <source>Train or fine-tune a network on exported training data and write a model package with its report.</source>
        <translation>Entraîne ou affine un réseau sur des données exportées et écrit un paquet de modèle avec son rapport.</translation>
    </message>
    <message>
        <source>Part of the chips is held back for validation, in blocks on the ground so that overlapping chips never stand on both sides. The best state by the monitored metric is kept. ImageNet weights are fetched when the network allows; otherwise training starts from random weights and says so. An interrupted training goes on when the same request is run again.</source>
        <translation>Une partie des imagettes est réservée à la validation, par blocs de terrain, pour que des imagettes qui se recouvrent ne soient jamais des deux côtés. Le meilleur état selon la métrique suivie est gardé. Les poids ImageNet sont téléchargés si le réseau le permet ; sinon l'entraînement part de poids aléatoires et le dit. Un entraînement interrompu continue quand la même demande est relancée.</translation>
    </message>
    <message>
        <source>Folders written by the export tool or by other programs: VOC, KITTI, COCO (a folder or its .json file), YOLO, images and masks, folders of classes.</source>
        <translation>Dossiers écrits par l'outil d'export ou d'autres programmes : VOC, KITTI, COCO (un dossier ou son .json), YOLO, images et masques, dossiers de classes.</translation>
    </message>
    <message>
        <source>Folder of the model; its name becomes the model's name.</source>
        <translation>Dossier du modèle ; son nom devient celui du modèle.</translation>
    </message>
    <message>
        <source>Max epochs</source>
        <translation>Époques au plus</translation>
    </message>
    <message>
        <source>Passes over the training data at most.</source>
        <translation>Passages au plus sur les données d'entraînement.</translation>
    </message>
    <message>
        <source>Model type</source>
        <translation>Type de modèle</translation>
    </message>
    <message>
        <source>Architecture; empty chooses one that suits the data.</source>
        <translation>Architecture ; vide : une qui convient aux données.</translation>
    </message>
    <message>
        <source>Batch size</source>
        <translation>Taille de lot</translation>
    </message>
    <message>
        <source>Chips per step; empty takes what suits data and memory.</source>
        <translation>Imagettes par pas ; vide : ce qui convient aux données et à la mémoire.</translation>
    </message>
    <message>
        <source>Model arguments</source>
        <translation>Arguments du modèle</translation>
    </message>
    <message>
        <source>Arguments of the architecture.</source>
        <translation>Arguments de l'architecture.</translation>
    </message>
    <message>
        <source>Learning rate</source>
        <translation>Taux d'apprentissage</translation>
    </message>
    <message>
        <source>Empty finds it from the data; slice(low, high) sets backbone and head.</source>
        <translation>Vide : trouvé d'après les données ; slice(bas, haut) règle l'encodeur et la tête.</translation>
    </message>
    <message>
        <source>Backbone model</source>
        <translation>Modèle d'encodeur</translation>
    </message>
    <message>
        <source>Encoder of the network. Empty takes RESNET34 with ImageNet weights, else RESNET18, which learns faster; FULLRES belongs to the feature classifier and suits small chips.</source>
        <translation>Encodeur du réseau. Vide : RESNET34 avec poids ImageNet, sinon RESNET18, qui apprend plus vite ; FULLRES appartient au classifieur d'objets et convient aux petites imagettes.</translation>
    </message>
    <message>
        <source>Pre-trained model</source>
        <translation>Modèle pré-entraîné</translation>
    </message>
    <message>
        <source>Package of the same model type and backbone to fine-tune.</source>
        <translation>Paquet de même type et de même encodeur à affiner.</translation>
    </message>
    <message>
        <source>Validation %</source>
        <translation>Validation (%)</translation>
    </message>
    <message>
        <source>Share of the data held back for validation.</source>
        <translation>Part des données réservée à la validation.</translation>
    </message>
    <message>
        <source>Stop when model stops improving</source>
        <translation>Arrêter quand le modèle ne progresse plus</translation>
    </message>
    <message>
        <source>Ends early when the monitored metric has not improved for 5 epochs.</source>
        <translation>Finit plus tôt si la métrique suivie n'a pas progressé depuis 5 époques.</translation>
    </message>
    <message>
        <source>Freeze model</source>
        <translation>Figer le modèle</translation>
    </message>
    <message>
        <source>Keeps pre-trained backbone weights fixed; ignored with random weights.</source>
        <translation>Garde fixes les poids pré-entraînés de l'encodeur ; sans effet avec des poids aléatoires.</translation>
    </message>
    <message>
        <source>Data augmentation</source>
        <translation>Augmentation des données</translation>
    </message>
    <message>
        <source>DEFAULT turns, crops, zooms and changes brightness and contrast; FILE reads transforms.json.</source>
        <translation>DEFAULT tourne, découpe, zoome et change luminosité et contraste ; FILE lit transforms.json.</translation>
    </message>
    <message>
        <source>Augmentation parameters</source>
        <translation>Paramètres d'augmentation</translation>
    </message>
    <message>
        <source>Transforms of CUSTOM, such as rotate 30; zoom '(1.0, 1.2)'.</source>
        <translation>Transformations de CUSTOM, par exemple rotate 30; zoom '(1.0, 1.2)'.</translation>
    </message>
    <message>
        <source>Chip size</source>
        <translation>Taille d'imagette</translation>
    </message>
    <message>
        <source>Chips are cropped to it; empty keeps them whole.</source>
        <translation>Les imagettes y sont découpées ; vide : entières.</translation>
    </message>
    <message>
        <source>Resize to</source>
        <translation>Redimensionner à</translation>
    </message>
    <message>
        <source>Size to which chips are resized first; empty takes the size at which objects are learnt best.</source>
        <translation>Taille à laquelle les imagettes sont d'abord ramenées ; vide : celle à laquelle les objets s'apprennent le mieux.</translation>
    </message>
    <message>
        <source>Weight initialization scheme</source>
        <translation>Initialisation des poids</translation>
    </message>
    <message>
        <source>First layer for bands beyond red, green and blue.</source>
        <translation>Première couche pour les bandes autres que rouge, vert et bleu.</translation>
    </message>
    <message>
        <source>Monitor metric</source>
        <translation>Métrique suivie</translation>
    </message>
    <message>
        <source>Metric that chooses the best state and stops early.</source>
        <translation>Métrique qui choisit le meilleur état et arrête tôt.</translation>
    </message>
    <message>
        <source>Enable Tensorboard</source>
        <translation>Activer TensorBoard</translation>
    </message>
    <message>
        <source>Also writes TensorBoard logs.</source>
        <translation>Écrit aussi des journaux TensorBoard.</translation>
    </message>
    <message>
        <source>Validation split</source>
        <translation>Partage de validation</translation>
    </message>
    <message>
        <source>spatial holds back blocks on the ground; random holds back chips and may leak through their overlap.</source>
        <translation>spatial réserve des blocs de terrain ; random réserve des imagettes et peut fuir par leur recouvrement.</translation>
    </message>
    <message>
        <source>Training time</source>
        <translation>Temps d'entraînement</translation>
    </message>
    <message>
        <source>Train for this long, whatever Max epochs says.</source>
        <translation>Entraîner aussi longtemps, quoi que dise Époques au plus.</translation>
    </message>
    <message>
        <source>Use ImageNet weights</source>
        <translation>Utiliser les poids ImageNet</translation>
    </message>
    <message>
        <source>Start the backbone from ImageNet weights when they can be fetched.</source>
        <translation>Partir des poids ImageNet de l'encodeur s'ils peuvent être téléchargés.</translation>
    </message>
    <message>
        <source>Precision</source>
        <translation>Précision</translation>
    </message>
    <message>
        <source>auto takes bfloat16 where the processor computes it natively and it was measured to agree with float32.</source>
        <translation>auto prend bfloat16 là où le processeur le calcule nativement et où l'accord avec float32 a été mesuré.</translation>
    </message>
    <message>
        <source>Seed</source>
        <translation>Graine</translation>
    </message>
    <message>
        <source>Seed of all random choices.</source>
        <translation>Graine de tous les choix aléatoires.</translation>
    </message>
    <message>
        <source>Processor type</source>
        <translation>Type de processeur</translation>
    </message>
    <message>
        <source>Empty takes a GPU when there is one.</source>
        <translation>Vide : un GPU s'il y en a un.</translation>
    </message>
    <message>
        <source>GPU ID</source>
        <translation>Numéro de GPU</translation>
    </message>
    <message>
        <source>Number of the GPU to use, counted from 0; empty takes the first.</source>
        <translation>Numéro du GPU à utiliser, compté à partir de 0 ; vide : le premier.</translation>
    </message>
    <message>
        <source>Output model (.dlpk)</source>
        <translation>Modèle en sortie (.dlpk)</translation>
    </message>
    <message>
        <source>Report (.html)</source>
        <translation>Rapport (.html)</translation>
    </message>
    <message>
        <source>Detect Objects Using Deep Learning</source>
        <translation>Détecter des objets par apprentissage profond</translation>
    </message>
    <message>
        <source>Inference</source>
        <translation>Inférence</translation>
    </message>
    <message>
        <source>Find objects in imagery with a trained model and write one feature per object.</source>
        <translation>Trouve des objets dans l'imagerie avec un modèle entraîné et écrit une entité par objet.</translation>
    </message>
    <message>
        <source>The raster is read in overlapping tiles, whatever its size; an object cut by tile edges is written once. A model that draws masks gives the outline of each object with its holes, any other its frame. Fields: Class (name), Classvalue, Confidence (0 to 1). Without any object the layer is empty.</source>
        <translation>Le raster est lu en tuiles qui se recouvrent, quelle que soit sa taille ; un objet coupé par des bords de tuiles est écrit une fois. Un modèle qui dessine des masques donne le contour de chaque objet avec ses trous, tout autre son cadre. Champs : Class (nom), Classvalue, Confidence (0 à 1). Sans objet, la couche est vide.</translation>
    </message>
    <message>
        <source>Raster, or folder of rasters that are processed one by one.</source>
        <translation>Raster, ou dossier de rasters traités un à un.</translation>
    </message>
    <message>
        <source>Output detected objects</source>
        <translation>Objets détectés en sortie</translation>
    </message>
    <message>
        <source>One polygon per object.</source>
        <translation>Un polygone par objet.</translation>
    </message>
    <message>
        <source>Model definition</source>
        <translation>Définition du modèle</translation>
    </message>
    <message>
        <source>Model to run.</source>
        <translation>Modèle à exécuter.</translation>
    </message>
    <message>
        <source>Arguments</source>
        <translation>Arguments</translation>
    </message>
    <message>
        <source>Names and values, such as padding 64; threshold 0.4. Known: padding, threshold, batch_size, nms_overlap, exclude_pad_detections, test_time_augmentation, tile_size, merge_policy, return_bboxes, simplify.</source>
        <translation>Noms et valeurs, par exemple padding 64; threshold 0.4. Connus : padding, threshold, batch_size, nms_overlap, exclude_pad_detections, test_time_augmentation, tile_size, merge_policy, return_bboxes, simplify.</translation>
    </message>
    <message>
        <source>Non Maximum Suppression</source>
        <translation>Suppression des non-maxima</translation>
    </message>
    <message>
        <source>Second pass over the result that removes objects overlapping a surer one by more than Max overlap ratio.</source>
        <translation>Second passage sur le résultat, qui retire les objets recouvrant un plus sûr de plus que le taux de recouvrement.</translation>
    </message>
    <message>
        <source>Confidence score field</source>
        <translation>Champ de confiance</translation>
    </message>
    <message>
        <source>Name of the output's field with the confidence.</source>
        <translation>Nom du champ de confiance en sortie.</translation>
    </message>
    <message>
        <source>Name of the output's field with the class name.</source>
        <translation>Nom du champ de nom de classe en sortie.</translation>
    </message>
    <message>
        <source>Max overlap ratio</source>
        <translation>Taux de recouvrement maximal</translation>
    </message>
    <message>
        <source>IoU that two objects of the second pass may share.</source>
        <translation>IoU que deux objets du second passage peuvent partager.</translation>
    </message>
    <message>
        <source>One raster is one image in either mode; the rasters of a folder are always processed one by one.</source>
        <translation>Un raster est une image dans les deux modes ; les rasters d'un dossier sont toujours traités un à un.</translation>
    </message>
    <message>
        <source>Use pixel space</source>
        <translation>Utiliser l'espace pixel</translation>
    </message>
    <message>
        <source>Work in rows and columns as they are stored, without turning a rotated raster north.</source>
        <translation>Travailler en lignes et colonnes telles qu'enregistrées, sans remettre au nord un raster tourné.</translation>
    </message>
    <message>
        <source>Objects of interest</source>
        <translation>Objets d'intérêt</translation>
    </message>
    <message>
        <source>Classes to write, by name or value; empty writes all.</source>
        <translation>Classes à écrire, par nom ou valeur ; vide : toutes.</translation>
    </message>
    <message>
        <source>Cell size at which the raster is read, in units of its CRS. auto: the cell size that the model was trained at. Empty: the model's when it is known, unless it is more than 4 times finer than the raster's.</source>
        <translation>Taille de cellule à laquelle le raster est lu, en unités de son SCR. auto : celle à laquelle le modèle a été entraîné. Vide : celle du modèle si elle est connue, sauf si elle est plus de 4 fois plus fine que celle du raster.</translation>
    </message>
    <message>
        <source>Mask</source>
        <translation>Masque</translation>
    </message>
    <message>
        <source>Only objects whose centre lies in these polygons are written.</source>
        <translation>Seuls les objets dont le centre est dans ces polygones sont écrits.</translation>
    </message>
    <message>
        <source>Output coordinate system</source>
        <translation>Système de coordonnées en sortie</translation>
    </message>
    <message>
        <source>CRS of the output; empty takes that of the input.</source>
        <translation>SCR de la sortie ; vide : celui de l'entrée.</translation>
    </message>
    <message>
        <source>Classify Pixels Using Deep Learning</source>
        <translation>Classer des pixels par apprentissage profond</translation>
    </message>
    <message>
        <source>Give every pixel of an image a class with a trained model and write a class raster of any size.</source>
        <translation>Donne une classe à chaque pixel d'une image avec un modèle entraîné et écrit un raster de classes de toute taille.</translation>
    </message>
    <message>
        <source>The raster is read in overlapping tiles whose scores are blended, so no seam shows and memory does not grow with its height. The result is a cloud optimised GeoTIFF with colours, class names and an attribute table. An interrupted run goes on when the same request is run again: finished rows wait in the work folder. A feature layer stands for its image attachments: a text field with paths of images (absolute, or relative to the layer's file), or, in a GeoPackage, a related table with a blob column (the related tables extension, a foreign key, or a column such as REL_OBJECTID or feature_id), or a blob column of the layer itself.</source>
        <translation>Le raster est lu en tuiles qui se recouvrent et dont les scores sont fondus : aucune couture ne se voit et la mémoire ne croît pas avec sa hauteur. Le résultat est un GeoTIFF optimisé pour le nuage avec couleurs, noms de classes et table attributaire. Une exécution interrompue continue quand la même demande est relancée : les lignes finies attendent dans le dossier de travail. Une couche d'entités représente ses images jointes : un champ texte avec des chemins d'images (absolus, ou relatifs au fichier de la couche), ou, dans un GeoPackage, une table liée avec une colonne binaire (extension des tables liées, clé étrangère, ou colonne telle que REL_OBJECTID ou feature_id), ou une colonne binaire de la couche elle-même.</translation>
    </message>
    <message>
        <source>Raster, folder of rasters, several rasters parted by semicolons, or feature layer with image attachments.</source>
        <translation>Raster, dossier de rasters, plusieurs rasters séparés par des points-virgules, ou couche d'entités avec images jointes.</translation>
    </message>
    <message>
        <source>Names and values, such as padding 64; batch_size 4. Known: batch_size, padding, predict_background, test_time_augmentation, merge_policy, threshold, return_probability_raster, thinning, tile_size, blend.</source>
        <translation>Noms et valeurs, par exemple padding 64; batch_size 4. Connus : batch_size, padding, predict_background, test_time_augmentation, merge_policy, threshold, return_probability_raster, thinning, tile_size, blend.</translation>
    </message>
    <message>
        <source>PROCESS_AS_MOSAICKED_IMAGE makes one seamless image of several rasters, the first on top; PROCESS_ITEMS_SEPARATELY writes each into the output folder.</source>
        <translation>PROCESS_AS_MOSAICKED_IMAGE fait une image sans couture de plusieurs rasters, le premier au-dessus ; PROCESS_ITEMS_SEPARATELY écrit chacun dans le dossier en sortie.</translation>
    </message>
    <message>
        <source>Output classified raster</source>
        <translation>Raster classé en sortie</translation>
    </message>
    <message>
        <source>Class raster; not used with an output folder or output features.</source>
        <translation>Raster de classes ; inutile avec un dossier ou des entités en sortie.</translation>
    </message>
    <message>
        <source>For rasters that are processed separately: one class raster each, and a virtual raster (.vrt) over all.</source>
        <translation>Pour des rasters traités séparément : un raster de classes chacun, et un raster virtuel (.vrt) sur tous.</translation>
    </message>
    <message>
        <source>Output features</source>
        <translation>Entités en sortie</translation>
    </message>
    <message>
        <source>For a layer with attachments: a copy of its features whose field Classified holds the path of the class image; an existing layer is appended to.</source>
        <translation>Pour une couche avec images jointes : une copie de ses entités dont le champ Classified contient le chemin de l'image de classes ; une couche existante est complétée.</translation>
    </message>
    <message>
        <source>Overwrite attachments</source>
        <translation>Remplacer les images jointes</translation>
    </message>
    <message>
        <source>The images of the input layer are replaced by their class images, all or none; output features are not written.</source>
        <translation>Les images de la couche sont remplacées par leurs images de classes, toutes ou aucune ; les entités en sortie ne sont pas écrites.</translation>
    </message>
    <message>
        <source>Classify rows and columns as they are stored, without turning a rotated raster north; the result lies where the raster lies.</source>
        <translation>Classer lignes et colonnes telles qu'enregistrées, sans remettre au nord un raster tourné ; le résultat est là où est le raster.</translation>
    </message>
    <message>
        <source>Output probability raster</source>
        <translation>Raster de probabilités en sortie</translation>
    </message>
    <message>
        <source>Probability of every class, 0 to 1, one band each.</source>
        <translation>Probabilité de chaque classe, 0 à 1, une bande chacune.</translation>
    </message>
    <message>
        <source>Output confidence raster</source>
        <translation>Raster de confiance en sortie</translation>
    </message>
    <message>
        <source>Highest probability, 0 to 1.</source>
        <translation>Probabilité la plus haute, 0 à 1.</translation>
    </message>
    <message>
        <source>Output entropy raster</source>
        <translation>Raster d'entropie en sortie</translation>
    </message>
    <message>
        <source>Doubt between the classes: 0 is sure, 1 is none surer than another.</source>
        <translation>Doute entre les classes : 0 est sûr, 1 : aucune plus sûre qu'une autre.</translation>
    </message>
    <message>
        <source>Output polygons</source>
        <translation>Polygones en sortie</translation>
    </message>
    <message>
        <source>One polygon per connected area of a class, along the pixels' edges.</source>
        <translation>Un polygone par zone connexe d'une classe, le long des bords des pixels.</translation>
    </message>
    <message>
        <source>Shard</source>
        <translation>Part</translation>
    </message>
    <message>
        <source>Part of the rows that this run computes, such as 1/4 to 4/4 in four runs with one work folder; the last to end writes the output. Empty computes all that is left.</source>
        <translation>Part des lignes que cette exécution calcule, de 1/4 à 4/4 en quatre exécutions avec un même dossier de travail ; la dernière à finir écrit la sortie. Vide : calcule tout ce qui reste.</translation>
    </message>
    <message>
        <source>Work folder</source>
        <translation>Dossier de travail</translation>
    </message>
    <message>
        <source>Where finished rows wait for the rest; empty is a hidden folder beside the output.</source>
        <translation>Où les lignes finies attendent le reste ; vide : un dossier caché à côté de la sortie.</translation>
    </message>
    <message>
        <source>Memory budget</source>
        <translation>Budget de mémoire</translation>
    </message>
    <message>
        <source>Memory for the scores that one row of tiles hands to the next; more of them go to disk.</source>
        <translation>Mémoire pour les scores qu'une ligne de tuiles passe à la suivante ; le surplus va sur le disque.</translation>
    </message>
    <message>
        <source>Pixels whose centre lies outside these polygons become nodata.</source>
        <translation>Les pixels dont le centre est hors de ces polygones n'ont pas de données.</translation>
    </message>
    <message>
        <source>Snap raster</source>
        <translation>Raster d'alignement</translation>
    </message>
    <message>
        <source>Raster whose cell edges the output keeps to; it must be in the CRS of the output. Its cell size is not taken.</source>
        <translation>Raster sur les bords de cellules duquel la sortie s'aligne ; il doit être dans le SCR de la sortie. Sa taille de cellule n'est pas reprise.</translation>
    </message>
    <message>
        <source>Run manifest (.json)</source>
        <translation>Manifeste d'exécution (.json)</translation>
    </message>
    <message>
        <source>Classify Objects Using Deep Learning</source>
        <translation>Classer des objets par apprentissage profond</translation>
    </message>
    <message>
        <source>Give each feature, or each image, a class with a trained model.</source>
        <translation>Donne une classe à chaque entité, ou à chaque image, avec un modèle entraîné.</translation>
    </message>
    <message>
        <source>Every feature is one object: the model sees a chip around it, of the tile's size or of the object's frame, blackened outside it or not, as it was trained (CropSizeFixed and BlackenAroundFeature of the definition). Features keep their geometry, their attributes and their order; the class label, Classvalue and Confidence (0 to 1) are added. A model with several labels writes them parted by semicolons. Features outside every raster or where it has no data have no label. Without features each image is one object: georeferenced images become the polygons of their extents, images without a CRS the rows of a table, attachments of a layer its features. Results are appended to an output that exists.</source>
        <translation>Chaque entité est un objet : le modèle voit une imagette autour d'elle, de la taille de tuile ou du cadre de l'objet, noircie en dehors ou non, comme à son entraînement (CropSizeFixed et BlackenAroundFeature de la définition). Les entités gardent géométrie, attributs et ordre ; l'étiquette de classe, Classvalue et Confidence (0 à 1) sont ajoutées. Un modèle à plusieurs étiquettes les écrit séparées par des points-virgules. Les entités hors de tout raster ou sans données n'ont pas d'étiquette. Sans entités, chaque image est un objet : les images géoréférencées deviennent les polygones de leur emprise, celles sans SCR les lignes d'une table, les images jointes d'une couche ses entités. Les résultats s'ajoutent à une sortie existante.</translation>
    </message>
    <message>
        <source>Raster, folder of rasters, several rasters parted by semicolons, or feature layer with image attachments. Of several rasters each feature is seen in the one that covers it best, the first among equals.</source>
        <translation>Raster, dossier de rasters, plusieurs rasters séparés par des points-virgules, ou couche d'entités avec images jointes. De plusieurs rasters, chaque entité est vue dans celui qui la couvre le mieux, le premier à égalité.</translation>
    </message>
    <message>
        <source>Output classified objects feature class</source>
        <translation>Classe d'entités d'objets classés en sortie</translation>
    </message>
    <message>
        <source>One feature per object, or for images without a CRS a table; results are appended to one that exists.</source>
        <translation>Une entité par objet, ou une table pour des images sans SCR ; les résultats s'ajoutent à une sortie existante.</translation>
    </message>
    <message>
        <source>Input features</source>
        <translation>Entités en entrée</translation>
    </message>
    <message>
        <source>Points, lines or polygons, one per object; empty takes each image as one object.</source>
        <translation>Points, lignes ou polygones, un par objet ; vide : chaque image est un objet.</translation>
    </message>
    <message>
        <source>Class label field</source>
        <translation>Champ d'étiquette de classe</translation>
    </message>
    <message>
        <source>Without features: PROCESS_ITEMS_SEPARATELY takes every part of a virtual raster (.vrt) as an image of its own. The rasters of a folder are images of their own in either mode.</source>
        <translation>Sans entités : PROCESS_ITEMS_SEPARATELY prend chaque partie d'un raster virtuel (.vrt) comme une image. Les rasters d'un dossier sont des images à part dans les deux modes.</translation>
    </message>
    <message>
        <source>Names and values, such as batch_size 16; score_threshold 0.5. Known: batch_size, test_time_augmentation, score_threshold.</source>
        <translation>Noms et valeurs, par exemple batch_size 16; score_threshold 0.5. Connus : batch_size, test_time_augmentation, score_threshold.</translation>
    </message>
    <message>
        <source>Caption</source>
        <translation>Légende</translation>
    </message>
    <message>
        <source>Field for captions of an image captioning model; models that classify write none.</source>
        <translation>Champ des légendes d'un modèle qui légende des images ; les modèles qui classent n'en écrivent pas.</translation>
    </message>
    <message>
        <source>Truth field</source>
        <translation>Champ de vérité</translation>
    </message>
    <message>
        <source>Field of the input features with the true class, by name or value: the result is compared with it.</source>
        <translation>Champ des entités en entrée avec la vraie classe, par nom ou valeur : le résultat y est comparé.</translation>
    </message>
    <message>
        <source>Output accuracy report</source>
        <translation>Rapport d'exactitude en sortie</translation>
    </message>
    <message>
        <source>Confusion matrix and figures by class, for a truth field; empty writes it beside the output.</source>
        <translation>Matrice de confusion et chiffres par classe, pour un champ de vérité ; vide : écrit à côté de la sortie.</translation>
    </message>
    <message>
        <source>Cell size at which the raster is read, in units of its CRS. auto: the cell size that the model was trained at. Empty: the model's when it is known, unless it is more than 4 times finer than the raster's; images that are objects themselves keep their own.</source>
        <translation>Taille de cellule à laquelle le raster est lu, en unités de son SCR. auto : celle à laquelle le modèle a été entraîné. Vide : celle du modèle si elle est connue, sauf si elle est plus de 4 fois plus fine que celle du raster ; les images qui sont elles-mêmes des objets gardent la leur.</translation>
    </message>
    <message>
        <source>Only this part of the raster is seen; features outside it have no label.</source>
        <translation>Seule cette partie du raster est vue ; les entités en dehors n'ont pas d'étiquette.</translation>
    </message>
    <message>
        <source>Detect Change Using Deep Learning</source>
        <translation>Détecter le changement par apprentissage profond</translation>
    </message>
    <message>
        <source>Tell what changed between two images with a trained model and write a class raster of any size.</source>
        <translation>Dit ce qui a changé entre deux images avec un modèle entraîné et écrit un raster de classes de toute taille.</translation>
    </message>
    <message>
        <source>Both rasters are read on the grid of the first, where both are; the second may have another grid, cell size or reference system and is resampled while it is read (bilinear), nothing is copied. A pixel is valid where both rasters are. Both need the same bands in the same order, and values on the same scale. All else is as in Classify Pixels Using Deep Learning: overlapping tiles, memory that does not grow with the raster's height, a cloud optimised GeoTIFF with colours, class names and an attribute table, and interrupted runs that go on.</source>
        <translation>Les deux rasters sont lus sur la grille du premier, là où sont les deux ; le second peut avoir une autre grille, taille de cellule ou système de référence et est rééchantillonné à la lecture (bilinéaire), rien n'est copié. Un pixel est valide là où les deux rasters le sont. Les deux doivent avoir les mêmes bandes dans le même ordre, et des valeurs à la même échelle. Tout le reste est comme dans Classer des pixels par apprentissage profond : tuiles qui se recouvrent, mémoire qui ne croît pas avec la hauteur, GeoTIFF optimisé pour le nuage avec couleurs, noms de classes et table attributaire, et exécutions interrompues qui continuent.</translation>
    </message>
    <message>
        <source>From raster</source>
        <translation>Raster initial</translation>
    </message>
    <message>
        <source>Image of the earlier date; its grid is kept.</source>
        <translation>Image de la date la plus ancienne ; sa grille est gardée.</translation>
    </message>
    <message>
        <source>To raster</source>
        <translation>Raster final</translation>
    </message>
    <message>
        <source>Image of the later date.</source>
        <translation>Image de la date la plus récente.</translation>
    </message>
    <message>
        <source>Class raster of change; 0 where nothing changed.</source>
        <translation>Raster de classes de changement ; 0 là où rien n'a changé.</translation>
    </message>
    <message>
        <source>Names and values, such as padding 64; batch_size 4. Known: batch_size, padding, threshold, score_threshold, test_time_augmentation, tile_size, blend.</source>
        <translation>Noms et valeurs, par exemple padding 64; batch_size 4. Connus : batch_size, padding, threshold, score_threshold, test_time_augmentation, tile_size, blend.</translation>
    </message>
    <message>
        <source>Cell size at which the raster is read, in units of its CRS. auto: the cell size that the model was trained at. Empty: the model's when it is known, unless it is more than 4 times finer than that of the first raster.</source>
        <translation>Taille de cellule à laquelle le raster est lu, en unités de son SCR. auto : celle à laquelle le modèle a été entraîné. Vide : celle du modèle si elle est connue, sauf si elle est plus de 4 fois plus fine que celle du premier raster.</translation>
    </message>
    <message>
        <source>Remove duplicate objects: of two that overlap, keep the one with the higher confidence.</source>
        <translation>Retire les objets en double : de deux qui se recouvrent, garde celui de plus haute confiance.</translation>
    </message>
    <message>
        <source>Features are taken by falling confidence; one whose overlap with a kept feature of its class is larger than the ratio is dropped. The overlap is the area of the intersection divided by that of the union of the real polygons. With the ratio 0 any shared area counts, a shared border does not. All fields are kept.</source>
        <translation>Les entités sont prises par confiance décroissante ; celle qui recouvre une entité gardée de sa classe de plus que le taux est retirée. Le recouvrement est l'aire de l'intersection divisée par celle de l'union des vrais polygones. Avec le taux 0, toute aire commune compte, un bord commun non. Tous les champs sont gardés.</translation>
    </message>
    <message>
        <source>Input feature class</source>
        <translation>Classe d'entités en entrée</translation>
    </message>
    <message>
        <source>Polygons that may overlap.</source>
        <translation>Polygones qui peuvent se recouvrir.</translation>
    </message>
    <message>
        <source>Numbers; the higher wins.</source>
        <translation>Nombres ; le plus haut l'emporte.</translation>
    </message>
    <message>
        <source>Output feature class</source>
        <translation>Classe d'entités en sortie</translation>
    </message>
    <message>
        <source>The features that were kept.</source>
        <translation>Les entités gardées.</translation>
    </message>
    <message>
        <source>Only features of one class suppress each other. Empty takes Classvalue, then Value, else one class.</source>
        <translation>Seules les entités d'une même classe se suppriment. Vide : Classvalue, puis Value, sinon une seule classe.</translation>
    </message>
    <message>
        <source>IoU that two kept features may share.</source>
        <translation>IoU que deux entités gardées peuvent partager.</translation>
    </message>
    <message>
        <source>Only features that touch it are read.</source>
        <translation>Seules les entités qui la touchent sont lues.</translation>
    </message>
    <message>
        <source>Compare Detections</source>
        <translation>Comparer des détections</translation>
    </message>
    <message>
        <source>Compare the detections of two dates: which objects are new, gone, changed or confirmed.</source>
        <translation>Compare les détections de deux dates : quels objets sont nouveaux, disparus, changés ou confirmés.</translation>
    </message>
    <message>
        <source>Each object of the newer layer is matched with at most one of the older, those that overlap most first, objects of one class before others. Matched objects are confirmed, or changed where their classes differ or their outlines overlap less than asked; unmatched ones are new or gone. Points are matched by distance. The output has the attributes of the newer layer (of the older for what is gone), and Status, Change, old_id, new_id, old_class, new_class, old_confidence, new_confidence, IoU and Distance. The layers may have different reference systems: the output is in that of the newer one.</source>
        <translation>Chaque objet de la nouvelle couche est apparié à au plus un de l'ancienne, d'abord ceux qui se recouvrent le plus, les objets d'une même classe avant les autres. Les objets appariés sont confirmés, ou changés si leurs classes diffèrent ou si leurs contours se recouvrent moins que demandé ; les autres sont nouveaux ou disparus. Les points sont appariés par distance. La sortie a les attributs de la nouvelle couche (de l'ancienne pour ce qui a disparu), et Status, Change, old_id, new_id, old_class, new_class, old_confidence, new_confidence, IoU et Distance. Les couches peuvent avoir des systèmes de référence différents : la sortie est dans celui de la nouvelle.</translation>
    </message>
    <message>
        <source>Old detections</source>
        <translation>Anciennes détections</translation>
    </message>
    <message>
        <source>Polygons or points of the earlier date, such as those of Detect Objects.</source>
        <translation>Polygones ou points de la date la plus ancienne, par exemple ceux de Détecter des objets.</translation>
    </message>
    <message>
        <source>New detections</source>
        <translation>Nouvelles détections</translation>
    </message>
    <message>
        <source>The same of the later date.</source>
        <translation>De même pour la date la plus récente.</translation>
    </message>
    <message>
        <source>Objects of both dates with their status.</source>
        <translation>Objets des deux dates avec leur statut.</translation>
    </message>
    <message>
        <source>Output table</source>
        <translation>Table en sortie</translation>
    </message>
    <message>
        <source>Counts of each status, one row per class and one for all.</source>
        <translation>Nombre de chaque statut, une ligne par classe et une pour toutes.</translation>
    </message>
    <message>
        <source>Minimum IoU</source>
        <translation>IoU minimal</translation>
    </message>
    <message>
        <source>Overlap from which two polygons are one object.</source>
        <translation>Recouvrement à partir duquel deux polygones sont un objet.</translation>
    </message>
    <message>
        <source>IoU of the same outline</source>
        <translation>IoU d'un même contour</translation>
    </message>
    <message>
        <source>Matched polygons that overlap less are changed; 0 leaves outlines aside.</source>
        <translation>Les polygones appariés qui se recouvrent moins ont changé ; 0 laisse les contours de côté.</translation>
    </message>
    <message>
        <source>Maximum distance</source>
        <translation>Distance maximale</translation>
    </message>
    <message>
        <source>Distance up to which two points are one object, in units of the newer layer's CRS. Needed for points.</source>
        <translation>Distance jusqu'à laquelle deux points sont un objet, en unités du SCR de la nouvelle couche. Nécessaire pour des points.</translation>
    </message>
    <message>
        <source>Old class field</source>
        <translation>Ancien champ de classe</translation>
    </message>
    <message>
        <source>Field with the class; empty takes Class, then Classvalue, then Value, else all are one class.</source>
        <translation>Champ de la classe ; vide : Class, puis Classvalue, puis Value, sinon tous sont d'une classe.</translation>
    </message>
    <message>
        <source>New class field</source>
        <translation>Nouveau champ de classe</translation>
    </message>
    <message>
        <source>Confidence field</source>
        <translation>Champ de confiance</translation>
    </message>
    <message>
        <source>Field of both layers with the confidence; a layer without it has none.</source>
        <translation>Champ de confiance des deux couches ; une couche sans lui n'en a pas.</translation>
    </message>
    <message>
        <source>Minimum confidence</source>
        <translation>Confiance minimale</translation>
    </message>
    <message>
        <source>Objects below it are neither new nor gone; they still confirm one that reaches it at the other date.</source>
        <translation>Les objets en dessous ne sont ni nouveaux ni disparus ; ils confirment encore celui qui l'atteint à l'autre date.</translation>
    </message>
    <message>
        <source>Old identifier field</source>
        <translation>Ancien champ d'identifiant</translation>
    </message>
    <message>
        <source>Field that identifies an object; empty takes the number of the feature in its layer.</source>
        <translation>Champ qui identifie un objet ; vide : le numéro de l'entité dans sa couche.</translation>
    </message>
    <message>
        <source>New identifier field</source>
        <translation>Nouveau champ d'identifiant</translation>
    </message>
    <message>
        <source>Old imagery</source>
        <translation>Ancienne imagerie</translation>
    </message>
    <message>
        <source>Polygons of the ground that was seen at the earlier date: objects elsewhere are not new.</source>
        <translation>Polygones du terrain vu à la date ancienne : ailleurs les objets ne sont pas nouveaux.</translation>
    </message>
    <message>
        <source>New imagery</source>
        <translation>Nouvelle imagerie</translation>
    </message>
    <message>
        <source>Polygons of the ground that was seen at the later date: objects elsewhere are not gone.</source>
        <translation>Polygones du terrain vu à la date récente : ailleurs les objets n'ont pas disparu.</translation>
    </message>
    <message>
        <source>Compute Accuracy For Object Detection</source>
        <translation>Calculer l'exactitude de la détection d'objets</translation>
    </message>
    <message>
        <source>Accuracy</source>
        <translation>Exactitude</translation>
    </message>
    <message>
        <source>Compare detected objects with reference objects and write precision, recall, F1 and average precision.</source>
        <translation>Compare des objets détectés à des objets de référence et écrit précision, rappel, F1 et précision moyenne.</translation>
    </message>
    <message>
        <source>Detections are taken by falling confidence; each is a true positive when a reference of its class that is still free overlaps it, box against box or polygon against polygon, by at least the minimum IoU. Average precision is COCO's, over 101 recall points. Intervals come from drawing spatial blocks with replacement, so that neighbours stay together.</source>
        <translation>Les détections sont prises par confiance décroissante ; chacune est un vrai positif si une référence encore libre de sa classe la recouvre, cadre contre cadre ou polygone contre polygone, d'au moins l'IoU minimale. La précision moyenne est celle de COCO, sur 101 points de rappel. Les intervalles viennent de blocs de terrain tirés avec remise, pour que les voisins restent ensemble.</translation>
    </message>
    <message>
        <source>Detected features</source>
        <translation>Entités détectées</translation>
    </message>
    <message>
        <source>Output of Detect Objects Using Deep Learning.</source>
        <translation>Sortie de Détecter des objets par apprentissage profond.</translation>
    </message>
    <message>
        <source>Ground truth (reference) features</source>
        <translation>Entités de vérité terrain (référence)</translation>
    </message>
    <message>
        <source>What is really there.</source>
        <translation>Ce qui est vraiment là.</translation>
    </message>
    <message>
        <source>Output accuracy table</source>
        <translation>Table d'exactitude en sortie</translation>
    </message>
    <message>
        <source>One row per class and one for all.</source>
        <translation>Une ligne par classe et une pour toutes.</translation>
    </message>
    <message>
        <source>Report with tables and curves.</source>
        <translation>Rapport de tables et de courbes.</translation>
    </message>
    <message>
        <source>Detected class value field</source>
        <translation>Champ de classe détectée</translation>
    </message>
    <message>
        <source>Field with the class. Empty takes Classvalue, then Value, else all features are one class.</source>
        <translation>Champ de la classe. Vide : Classvalue, puis Value, sinon toutes les entités sont d'une classe.</translation>
    </message>
    <message>
        <source>Ground truth class value field</source>
        <translation>Champ de classe de la vérité terrain</translation>
    </message>
    <message>
        <source>Minimum intersection over union (IoU)</source>
        <translation>Intersection sur union (IoU) minimale</translation>
    </message>
    <message>
        <source>Overlap from which a detection is right.</source>
        <translation>Recouvrement à partir duquel une détection est juste.</translation>
    </message>
    <message>
        <source>Mask features</source>
        <translation>Entités de masque</translation>
    </message>
    <message>
        <source>Only features that intersect these are compared.</source>
        <translation>Seules les entités qui les croisent sont comparées.</translation>
    </message>
    <message>
        <source>Output true positives</source>
        <translation>Vrais positifs en sortie</translation>
    </message>
    <message>
        <source>Detections that are right, each with its matched IoU.</source>
        <translation>Détections justes, chacune avec son IoU.</translation>
    </message>
    <message>
        <source>Output false positives</source>
        <translation>Faux positifs en sortie</translation>
    </message>
    <message>
        <source>Detections that are wrong.</source>
        <translation>Détections fausses.</translation>
    </message>
    <message>
        <source>Output missed objects</source>
        <translation>Objets manqués en sortie</translation>
    </message>
    <message>
        <source>Reference features that no detection found.</source>
        <translation>Entités de référence qu'aucune détection n'a trouvées.</translation>
    </message>
    <message>
        <source>Overlap by</source>
        <translation>Recouvrement par</translation>
    </message>
    <message>
        <source>BOXES compares the frames of the features, as ArcGIS does; MASKS the polygons themselves, which is what outlines of instances are judged by.</source>
        <translation>BOXES compare les cadres des entités, comme ArcGIS ; MASKS les polygones eux-mêmes, selon lesquels on juge les contours d'instances.</translation>
    </message>
    <message>
        <source>Bootstrap block size</source>
        <translation>Taille de bloc du rééchantillonnage</translation>
    </message>
    <message>
        <source>Side of the square blocks that the intervals are drawn from; empty suits the extent.</source>
        <translation>Côté des blocs carrés dont les intervalles sont tirés ; vide : selon l'emprise.</translation>
    </message>
    <message>
        <source>Bootstrap samples</source>
        <translation>Tirages du rééchantillonnage</translation>
    </message>
    <message>
        <source>Draws for the intervals; 0 leaves them out.</source>
        <translation>Tirages pour les intervalles ; 0 les omet.</translation>
    </message>
    <message>
        <source>Only features that touch it are compared.</source>
        <translation>Seules les entités qui la touchent sont comparées.</translation>
    </message>
    <message>
        <source>Compute Accuracy For Pixel Classification</source>
        <translation>Calculer l'exactitude de la classification de pixels</translation>
    </message>
    <message>
        <source>Compare a class raster with reference points, polygons or a reference raster and write the confusion matrix.</source>
        <translation>Compare un raster de classes à des points, polygones ou un raster de référence et écrit la matrice de confusion.</translation>
    </message>
    <message>
        <source>Rows of the table are the classified values, columns the ground truth; then follow user's and producer's accuracy, kappa, IoU and F1. Pixels without a class on either side are left out and counted. A reference raster on another grid is resampled to that of the classified raster by nearest neighbour; features are reprojected. For points and for random pixels of a reference raster the table and the report also give the accuracy of the whole map and the true area of each class, with standard errors, after Olofsson et al. (2014), because the share of a class in a sample is not its share of the map. Polygons are no random sample of the map: from them there are no such estimates, and no intervals. Where the map has one class and a background, such as buildings, polygons of that class are taken as all there are: outside them is background.</source>
        <translation>Les lignes de la table sont les valeurs classées, les colonnes la vérité terrain ; suivent les exactitudes de l'utilisateur et du producteur, kappa, IoU et F1. Les pixels sans classe d'un côté ou de l'autre sont laissés de côté et comptés. Un raster de référence sur une autre grille est rééchantillonné à celle du raster classé par plus proche voisin ; les entités sont reprojetées. Pour des points et des pixels aléatoires d'un raster de référence, la table et le rapport donnent aussi l'exactitude de toute la carte et la vraie surface de chaque classe, avec erreurs types, d'après Olofsson et al. (2014), car la part d'une classe dans un échantillon n'est pas sa part de la carte. Des polygones ne sont pas un échantillon aléatoire : ils ne donnent ni ces estimations ni d'intervalles. Où la carte a une classe et un fond, par exemple des bâtiments, les polygones de cette classe sont pris pour tout ce qu'il y a : en dehors est le fond.</translation>
    </message>
    <message>
        <source>Input classified raster</source>
        <translation>Raster classé en entrée</translation>
    </message>
    <message>
        <source>Class raster to be judged.</source>
        <translation>Raster de classes à juger.</translation>
    </message>
    <message>
        <source>Ground truth data</source>
        <translation>Vérité terrain</translation>
    </message>
    <message>
        <source>Points or polygons with a class field, or a class raster. Of a feature layer's text field the texts are matched to the class names of the classified raster. Where polygons overlap the last one counts.</source>
        <translation>Points ou polygones avec un champ de classe, ou un raster de classes. Les textes d'un champ sont appariés aux noms de classes du raster classé. Où des polygones se recouvrent, le dernier compte.</translation>
    </message>
    <message>
        <source>Output confusion matrix</source>
        <translation>Matrice de confusion en sortie</translation>
    </message>
    <message>
        <source>Table with one row per class, Total, P_Accuracy and Kappa.</source>
        <translation>Table d'une ligne par classe, Total, P_Accuracy et Kappa.</translation>
    </message>
    <message>
        <source>Field of the ground truth with the class: whole numbers are values, texts are names. Empty takes GrndTruth, Classvalue, Value, Class or Classname, the first there is.</source>
        <translation>Champ de classe de la vérité terrain : nombres entiers pour les valeurs, textes pour les noms. Vide : GrndTruth, Classvalue, Value, Class ou Classname, le premier présent.</translation>
    </message>
    <message>
        <source>Number of random points</source>
        <translation>Nombre de points aléatoires</translation>
    </message>
    <message>
        <source>How many pixels, or reference points, are compared. 0 compares every pixel or point. Empty draws 500 pixels where the reference is a raster or polygons, and takes all points where it is points.</source>
        <translation>Combien de pixels, ou de points de référence, sont comparés. 0 compare chacun. Vide : tire 500 pixels si la référence est un raster ou des polygones, et prend tous les points si elle est faite de points.</translation>
    </message>
    <message>
        <source>Sampling</source>
        <translation>Échantillonnage</translation>
    </message>
    <message>
        <source>STRATIFIED_RANDOM: from each class of the classified raster by its area, at least 10 from a rare one where the number allows. EQUALIZED_STRATIFIED_RANDOM: the same number from each class. RANDOM: from all pixels alike. For reference points that are all taken: how they were once drawn.</source>
        <translation>STRATIFIED_RANDOM : de chaque classe du raster selon sa surface, au moins 10 d'une classe rare si le nombre le permet. EQUALIZED_STRATIFIED_RANDOM : le même nombre de chaque classe. RANDOM : de tous les pixels de même. Pour des points de référence tous pris : comment ils furent tirés.</translation>
    </message>
    <message>
        <source>Minimum distance between points</source>
        <translation>Distance minimale entre points</translation>
    </message>
    <message>
        <source>Points nearer to one taken before are passed over; 0 lets them lie anywhere.</source>
        <translation>Les points plus proches d'un point déjà pris sont sautés ; 0 : où que ce soit.</translation>
    </message>
    <message>
        <source>Report with tables, matrix and map.</source>
        <translation>Rapport de tables, de matrice et de carte.</translation>
    </message>
    <message>
        <source>Output points</source>
        <translation>Points en sortie</translation>
    </message>
    <message>
        <source>The points that were compared, with Classified, GrndTruth, the class names, and whether they agree.</source>
        <translation>Les points comparés, avec Classified, GrndTruth, les noms de classes, et s'ils concordent.</translation>
    </message>
    <message>
        <source>Only pixels whose centre lies in these are compared.</source>
        <translation>Seuls les pixels dont le centre y est sont comparés.</translation>
    </message>
    <message>
        <source>Only this part of the classified raster is compared.</source>
        <translation>Seule cette partie du raster classé est comparée.</translation>
    </message>
    <message>
        <source>Seed of the random points.</source>
        <translation>Graine des points aléatoires.</translation>
    </message>
    <message>
        <source>Border of a tile in pixels that its neighbours see too.</source>
        <translation>Bord d'une tuile en pixels que ses voisines voient aussi.</translation>
    </message>
    <message>
        <source>Smallest confidence of an object.</source>
        <translation>Plus petite confiance d'un objet.</translation>
    </message>
    <message>
        <source>Tiles worked on at once, a square number.</source>
        <translation>Tuiles traitées à la fois, un nombre carré.</translation>
    </message>
    <message>
        <source>IoU that two objects of a class may share.</source>
        <translation>IoU que deux objets d'une classe peuvent partager.</translation>
    </message>
    <message>
        <source>Drop objects cut by a tile's edge that belong to its neighbour.</source>
        <translation>Retirer les objets coupés par un bord de tuile qui appartiennent à sa voisine.</translation>
    </message>
    <message>
        <source>Look at every tile in 8 flipped and turned views; 8 times slower.</source>
        <translation>Regarder chaque tuile en 8 vues retournées et tournées ; 8 fois plus lent.</translation>
    </message>
    <message>
        <source>Side of a tile in pixels; a larger one overlaps less, the one of the training is the most exact.</source>
        <translation>Côté d'une tuile en pixels ; une plus grande se recouvre moins, celle de l'entraînement est la plus exacte.</translation>
    </message>
    <message>
        <source>How the confidences of the views are merged.</source>
        <translation>Comment les confiances des vues sont fusionnées.</translation>
    </message>
    <message>
        <source>Write the frame of each object; for models that draw masks.</source>
        <translation>Écrire le cadre de chaque objet ; pour les modèles qui dessinent des masques.</translation>
    </message>
    <message>
        <source>Outlines without the steps of the pixels, at most half a pixel off; for models that draw masks.</source>
        <translation>Contours sans les marches des pixels, à un demi-pixel près ; pour les modèles qui dessinent des masques.</translation>
    </message>
    <message>
        <source>Border of a tile in pixels that is blended with its neighbours.</source>
        <translation>Bord d'une tuile en pixels fondu avec ses voisines.</translation>
    </message>
    <message>
        <source>Background is a class like any other; False gives every pixel one of the other classes. By default True.</source>
        <translation>Le fond est une classe comme une autre ; False donne à chaque pixel une des autres classes. Par défaut True.</translation>
    </message>
    <message>
        <source>How the views are merged; only with test_time_augmentation, for models of edges and roads.</source>
        <translation>Comment les vues sont fusionnées ; seulement avec test_time_augmentation, pour les modèles de bords et de routes.</translation>
    </message>
    <message>
        <source>Smallest probability of an edge or a road; for their models.</source>
        <translation>Plus petite probabilité d'un bord ou d'une route ; pour leurs modèles.</translation>
    </message>
    <message>
        <source>Write probabilities instead of classes; for models of edges and roads.</source>
        <translation>Écrire des probabilités au lieu de classes ; pour les modèles de bords et de routes.</translation>
    </message>
    <message>
        <source>Thin edges to lines of one pixel; for models of edges.</source>
        <translation>Amincir les bords à des lignes d'un pixel ; pour les modèles de bords.</translation>
    </message>
    <message>
        <source>Side of a tile in pixels, where the model allows another than its own; a larger one overlaps less.</source>
        <translation>Côté d'une tuile en pixels, là où le modèle en permet une autre ; une plus grande se recouvre moins.</translation>
    </message>
    <message>
        <source>cosine mixes the scores where tiles overlap; none takes each pixel from one tile and is a little faster.</source>
        <translation>cosine mêle les scores où les tuiles se recouvrent ; none prend chaque pixel d'une tuile et est un peu plus rapide.</translation>
    </message>
    <message>
        <source>Objects worked on at once; empty suits the size of their chips and the processor (ArcGIS takes 4).</source>
        <translation>Objets traités à la fois ; vide : selon leurs imagettes et le processeur (ArcGIS prend 4).</translation>
    </message>
    <message>
        <source>Look at every object in 8 flipped and turned views and take the mean; 8 times slower.</source>
        <translation>Regarder chaque objet en 8 vues retournées et tournées et prendre la moyenne ; 8 fois plus lent.</translation>
    </message>
    <message>
        <source>Objects whose class is less sure are not written; of a model with several labels, labels. Empty writes all, of several labels those from the model's own threshold on.</source>
        <translation>Les objets dont la classe est moins sûre ne sont pas écrits ; d'un modèle à plusieurs étiquettes, les étiquettes. Vide : écrit tout, et de plusieurs étiquettes celles à partir du seuil du modèle.</translation>
    </message>
    <message>
        <source>Smallest probability of a class of change; below it nothing changed. Empty takes the likeliest class.</source>
        <translation>Plus petite probabilité d'une classe de changement ; en dessous rien n'a changé. Vide : la classe la plus probable.</translation>
    </message>
    <message>
        <source>How far from an object's centre, in cells of the pyramid level, a cell may learn the object.</source>
        <translation>Jusqu'où du centre d'un objet, en cellules de l'étage de la pyramide, une cellule peut apprendre l'objet.</translation>
    </message>
    <message>
        <source>Channels of pyramid and heads; a multiple of 32.</source>
        <translation>Canaux de la pyramide et des têtes ; un multiple de 32.</translation>
    </message>
    <message>
        <source>Convolutions in each of the two heads.</source>
        <translation>Convolutions de chacune des deux têtes.</translation>
    </message>
    <message>
        <source>Pixels per cell of the finest pyramid level; 4 finds objects below 10 pixels and costs about twice.</source>
        <translation>Pixels par cellule de l'étage le plus fin ; 4 trouve des objets de moins de 10 pixels et coûte environ le double.</translation>
    </message>
    <message>
        <source>What weighs the score of a box: how central its cell is, or the IoU that the network expects.</source>
        <translation>Ce qui pondère le score d'un cadre : la centralité de sa cellule, ou l'IoU que le réseau attend.</translation>
    </message>
    <message>
        <source>Convolutions of the head that draws masks.</source>
        <translation>Convolutions de la tête qui dessine les masques.</translation>
    </message>
    <message>
        <source>Where places look for others like them: in a pyramid of sub-regions (PAM) or the whole chip (BAM).</source>
        <translation>Où les lieux cherchent leurs semblables : dans une pyramide de sous-régions (PAM) ou toute l'imagette (BAM).</translation>
    </message>
    <message>
        <source>Weigh the pixels of a class by the inverse of its frequency.</source>
        <translation>Pondérer les pixels d'une classe par l'inverse de sa fréquence.</translation>
    </message>
    <message>
        <source>Learn from blended pairs of chips.</source>
        <translation>Apprendre de paires d'imagettes mêlées.</translation>
    </message>
    <message>
        <source>Learn hard pixels more than easy ones.</source>
        <translation>Apprendre les pixels difficiles plus que les faciles.</translation>
    </message>
    <message>
        <source>Add the Dice loss, which counts small and large classes alike.</source>
        <translation>Ajouter la perte de Dice, qui compte de même petites et grandes classes.</translation>
    </message>
    <message>
        <source>Share of the Dice loss where it is added.</source>
        <translation>Part de la perte de Dice là où elle est ajoutée.</translation>
    </message>
    <message>
        <source>Class values whose pixels are not learnt.</source>
        <translation>Valeurs de classes dont les pixels ne sont pas appris.</translation>
    </message>
    <message>
        <source>What pixels of value 0 are: as the training data says (auto), a class, or unlabelled (ignore).</source>
        <translation>Ce que sont les pixels de valeur 0 : comme le disent les données (auto), une classe, ou sans étiquette (ignore).</translation>
    </message>
    <message>
        <source>Proposals of a level before suppression.</source>
        <translation>Propositions d'un étage avant suppression.</translation>
    </message>
    <message>
        <source>The same when detecting.</source>
        <translation>De même à la détection.</translation>
    </message>
    <message>
        <source>Proposals of an image after suppression.</source>
        <translation>Propositions d'une image après suppression.</translation>
    </message>
    <message>
        <source>IoU above which the weaker proposal is dropped.</source>
        <translation>IoU au-dessus de laquelle la proposition la plus faible est retirée.</translation>
    </message>
    <message>
        <source>IoU from which an anchor learns an object.</source>
        <translation>IoU à partir de laquelle une ancre apprend un objet.</translation>
    </message>
    <message>
        <source>IoU below which an anchor learns the background.</source>
        <translation>IoU au-dessous de laquelle une ancre apprend le fond.</translation>
    </message>
    <message>
        <source>Anchors of an image that are learnt.</source>
        <translation>Ancres d'une image qui sont apprises.</translation>
    </message>
    <message>
        <source>Largest share of objects among them.</source>
        <translation>Plus grande part d'objets parmi elles.</translation>
    </message>
    <message>
        <source>No detection has a lower score.</source>
        <translation>Aucune détection n'a un score plus bas.</translation>
    </message>
    <message>
        <source>No two detections of a class overlap more (IoU).</source>
        <translation>Deux détections d'une classe ne se recouvrent pas plus (IoU).</translation>
    </message>
    <message>
        <source>Most detections of a tile; ArcGIS's 100 would silently lose objects in dense tiles.</source>
        <translation>Détections d'une tuile au plus ; les 100 d'ArcGIS perdraient sans mot dire des objets dans les tuiles denses.</translation>
    </message>
    <message>
        <source>IoU from which a region learns an object.</source>
        <translation>IoU à partir de laquelle une région apprend un objet.</translation>
    </message>
    <message>
        <source>IoU below which a region learns the background.</source>
        <translation>IoU au-dessous de laquelle une région apprend le fond.</translation>
    </message>
    <message>
        <source>Regions of an image that are learnt.</source>
        <translation>Régions d'une image qui sont apprises.</translation>
    </message>
    <message>
        <source>Learn from mean, deviation and quantiles of each band inside the object too; auto does, but for many chips of three 8-bit bands.</source>
        <translation>Apprendre aussi de la moyenne, de l'écart et des quantiles de chaque bande dans l'objet ; auto le fait, sauf pour beaucoup d'imagettes de trois bandes de 8 bits.</translation>
    </message>
    <message>
        <source>Weigh a class by the inverse of its frequency.</source>
        <translation>Pondérer une classe par l'inverse de sa fréquence.</translation>
    </message>
    <message>
        <source>Weight of each class, in the order of their values; empty for all alike.</source>
        <translation>Poids de chaque classe, dans l'ordre de leurs valeurs ; vide : toutes égales.</translation>
    </message>
    <message>
        <source>Share of features and statistics that a training step hides.</source>
        <translation>Part des caractéristiques et des statistiques qu'un pas d'entraînement cache.</translation>
    </message>
    <message>
        <source>Channels of every layer.</source>
        <translation>Canaux de chaque couche.</translation>
    </message>
    <message>
        <source>3 x 3 convolutions, and so the pixels that are seen around a pixel.</source>
        <translation>Convolutions 3 x 3, donc les pixels vus autour d'un pixel.</translation>
    </message>
    <message>
        <source>Share of a chip's bands that a training step hides.</source>
        <translation>Part des bandes d'une imagette qu'un pas d'entraînement cache.</translation>
    </message>
    <message>
        <source>The network: one of deeplabv3, deeplabv3plus, unet, unetplusplus, fpn, sem_fpn, linknet, manet, pan, pspnet, upernet, segformer, dpt, mask2former.</source>
        <translation>Le réseau : un parmi deeplabv3, deeplabv3plus, unet, unetplusplus, fpn, sem_fpn, linknet, manet, pan, pspnet, upernet, segformer, dpt, mask2former.</translation>
    </message>
    <message>
        <source>Path of weights of the same network to start from (.pth, .safetensors).</source>
        <translation>Chemin des poids du même réseau dont partir (.pth, .safetensors).</translation>
    </message>
    <message>
        <source>Decode with a U-Net's decoder.</source>
        <translation>Décoder avec un décodeur U-Net.</translation>
    </message>
    <message>
        <source>Cells along a side of each grid over which features are averaged.</source>
        <translation>Cellules par côté de chaque grille sur laquelle les caractéristiques sont moyennées.</translation>
    </message>
    <message>
        <source>Sizes of the anchors of a level, as factors of four cells.</source>
        <translation>Tailles des ancres d'un étage, en facteurs de quatre cellules.</translation>
    </message>
    <message>
        <source>Aspect ratios of the anchors, height by width.</source>
        <translation>Rapports des ancres, hauteur sur largeur.</translation>
    </message>
    <message>
        <source>Channels of pyramid and head; a multiple of 32.</source>
        <translation>Canaux de la pyramide et de la tête ; un multiple de 32.</translation>
    </message>
    <message>
        <source>Cells along a side of the tile, one number a grid; empty: as many as objects fit side by side.</source>
        <translation>Cellules par côté de la tuile, un nombre par grille ; vide : autant qu'il tient d'objets côte à côte.</translation>
    </message>
    <message>
        <source>Sizes of the anchors as factors of a cell.</source>
        <translation>Tailles des ancres en facteurs d'une cellule.</translation>
    </message>
    <message>
        <source>Height and width of the anchors as factors of a cell.</source>
        <translation>Hauteur et largeur des ancres en facteurs d'une cellule.</translation>
    </message>
    <message>
        <source>Share of features dropped in training.</source>
        <translation>Part des caractéristiques abandonnées à l'entraînement.</translation>
    </message>
    <message>
        <source>What every class's logit starts from.</source>
        <translation>D'où part le logit de chaque classe.</translation>
    </message>
    <message>
        <source>Learn classes with the focal loss.</source>
        <translation>Apprendre les classes avec la perte focale.</translation>
    </message>
    <message>
        <source>Weight of the boxes' loss, between 0 and 1; empty: boxes and classes weigh the same.</source>
        <translation>Poids de la perte des cadres, entre 0 et 1 ; vide : cadres et classes pèsent autant.</translation>
    </message>
    <message>
        <source>Detector without anchors, with masks: every cell of a pyramid may find an object, a head draws its mask.</source>
        <translation>Détecteur sans ancres, avec masques : chaque cellule d'une pyramide peut trouver un objet, une tête dessine son masque.</translation>
    </message>
    <message>
        <source>One backbone for both dates, attention over both, and their difference (STANet, Chen and Shi 2020).</source>
        <translation>Un encodeur pour les deux dates, une attention sur les deux, et leur différence (STANet, Chen et Shi 2020).</translation>
    </message>
    <message>
        <source>Backbone and convolutions with holes of several widths; scores at stride 16, interpolated.</source>
        <translation>Encodeur et convolutions à trous de plusieurs largeurs ; scores au pas 16, interpolés.</translation>
    </message>
    <message>
        <source>Two-stage detector: proposes regions, then judges each and mends its box.</source>
        <translation>Détecteur en deux temps : propose des régions, puis juge chacune et corrige son cadre.</translation>
    </message>
    <message>
        <source>Detector without anchors: every cell of a feature pyramid predicts class, box and how central it is.</source>
        <translation>Détecteur sans ancres : chaque cellule d'une pyramide prédit classe, cadre et centralité.</translation>
    </message>
    <message>
        <source>Class of an object by the features of a backbone inside it, and by statistics of its bands.</source>
        <translation>Classe d'un objet d'après les caractéristiques d'un encodeur en son sein et les statistiques de ses bandes.</translation>
    </message>
    <message>
        <source>Small network without pooling or backbone, for medium resolution and a few thousand labelled pixels.</source>
        <translation>Petit réseau sans sous-échantillonnage ni encodeur, pour la moyenne résolution et quelques milliers de pixels étiquetés.</translation>
    </message>
    <message>
        <source>Edges against a background: every stage of the backbone says where edges are; balanced cross entropy is fixed.</source>
        <translation>Bords sur un fond : chaque étage de l'encodeur dit où sont les bords ; l'entropie croisée équilibrée est fixée.</translation>
    </message>
    <message>
        <source>Two-stage detector with masks: proposes regions, judges each, mends its box and draws its mask.</source>
        <translation>Détecteur en deux temps avec masques : propose des régions, juge chacune, corrige son cadre et dessine son masque.</translation>
    </message>
    <message>
        <source>One of many segmentation networks, chosen by the argument model, on any backbone.</source>
        <translation>Un réseau de segmentation parmi beaucoup, choisi par l'argument model, sur tout encodeur.</translation>
    </message>
    <message>
        <source>Backbone and means of its features over grids of several sizes, decoded by a U-Net's decoder or interpolated.</source>
        <translation>Encodeur et moyennes de ses caractéristiques sur des grilles de plusieurs tailles, décodées par un décodeur U-Net ou interpolées.</translation>
    </message>
    <message>
        <source>One-stage detector with anchors on a feature pyramid, learnt with the focal loss.</source>
        <translation>Détecteur en un temps avec ancres sur une pyramide, appris avec la perte focale.</translation>
    </message>
    <message>
        <source>One-stage detector on grids of cells, each with anchors of several zooms and ratios.</source>
        <translation>Détecteur en un temps sur des grilles de cellules, chacune avec des ancres de plusieurs zooms et rapports.</translation>
    </message>
    <message>
        <source>Backbone and a decoder that doubles its maps step by step, with the backbone's finer maps beside them.</source>
        <translation>Encodeur et décodeur qui double ses cartes pas à pas, avec à côté les cartes plus fines de l'encodeur.</translation>
    </message>
    <message>
        <source>Set Up the Engine…</source>
        <translation>Installer le moteur…</translation>
    </message>
    <message>
        <source>Diagnose the Engine…</source>
        <translation>Diagnostiquer le moteur…</translation>
    </message>
    <message>
        <source>Work</source>
        <translation>Travail</translation>
    </message>
    <message>
        <source>Memory and disk</source>
        <translation>Mémoire et disque</translation>
    </message>
    <message>
        <source>Note</source>
        <translation>Remarque</translation>
    </message>
    <message>
        <source>Time</source>
        <translation>Temps</translation>
    </message>
    <message>
        <source>Memory in all</source>
        <translation>Mémoire en tout</translation>
    </message>
    <message>
        <source>Detected objects</source>
        <translation>Objets détectés</translation>
    </message>
    <message>
        <source>Classes</source>
        <translation>Classes</translation>
    </message>
    <message>
        <source>Probability</source>
        <translation>Probabilité</translation>
    </message>
    <message>
        <source>Confidence</source>
        <translation>Confiance</translation>
    </message>
    <message>
        <source>Entropy</source>
        <translation>Entropie</translation>
    </message>
    <message>
        <source>Class areas</source>
        <translation>Zones de classes</translation>
    </message>
    <message>
        <source>Features</source>
        <translation>Entités</translation>
    </message>
    <message>
        <source>Classified objects</source>
        <translation>Objets classés</translation>
    </message>
    <message>
        <source>Changes</source>
        <translation>Changements</translation>
    </message>
    <message>
        <source>Change table</source>
        <translation>Table des changements</translation>
    </message>
    <message>
        <source>Accuracy table</source>
        <translation>Table d'exactitude</translation>
    </message>
    <message>
        <source>Hits</source>
        <translation>Détections justes</translation>
    </message>
    <message>
        <source>False alarms</source>
        <translation>Fausses alarmes</translation>
    </message>
    <message>
        <source>Missed</source>
        <translation>Manqués</translation>
    </message>
    <message>
        <source>Confusion matrix</source>
        <translation>Matrice de confusion</translation>
    </message>
    <message>
        <source>Compared points</source>
        <translation>Points comparés</translation>
    </message>
    <message>
        <source>Change</source>
        <translation>Changement</translation>
    </message>
    <message>
        <source>Changed areas</source>
        <translation>Zones changées</translation>
    </message>
    <message>
        <source>Unique objects</source>
        <translation>Objets uniques</translation>
    </message>
    <message>
        <source>Classified images</source>
        <translation>Images classées</translation>
    </message>
    <message>
        <source>Set up engine</source>
        <translation>Installer le moteur</translation>
    </message>
    <message>
        <source>Diagnose engine</source>
        <translation>Diagnostiquer le moteur</translation>
    </message>
    <message>
        <source>Build bundle</source>
        <translation>Construire un lot</translation>
    </message>
    <message>
        <source>Export chips</source>
        <translation>Exporter des imagettes</translation>
    </message>
    <message>
        <source>Convert chips</source>
        <translation>Convertir des imagettes</translation>
    </message>
    <message>
        <source>Inspect chips</source>
        <translation>Inspecter des imagettes</translation>
    </message>
    <message>
        <source>Train model</source>
        <translation>Entraîner un modèle</translation>
    </message>
    <message>
        <source>Segments</source>
        <translation>Segments</translation>
    </message>
    <message>
        <source>Detect objects</source>
        <translation>Détecter des objets</translation>
    </message>
    <message>
        <source>Classify pixels</source>
        <translation>Classer des pixels</translation>
    </message>
    <message>
        <source>Classify objects</source>
        <translation>Classer des objets</translation>
    </message>
    <message>
        <source>Detect change</source>
        <translation>Détecter des changements</translation>
    </message>
    <message>
        <source>Suppress duplicates</source>
        <translation>Supprimer les doublons</translation>
    </message>
    <message>
        <source>Compare detections</source>
        <translation>Comparer des détections</translation>
    </message>
    <message>
        <source>Pixel accuracy</source>
        <translation>Exactitude des pixels</translation>
    </message>
    <message>
        <source>{} is one of: {}</source>
        <translation>{} est parmi : {}</translation>
    </message>
    <message>
        <source>Example</source>
        <translation>Exemple</translation>
    </message>
    <message>
        <source>Default: {}.</source>
        <translation>Par défaut : {}.</translation>
    </message>
    <message>
        <source>{} is given</source>
        <translation>{} est donné</translation>
    </message>
    <message>
        <source>{} is not given</source>
        <translation>{} n'est pas donné</translation>
    </message>
    <message>
        <source>Only where {}.</source>
        <translation>Seulement si {}.</translation>
    </message>
    <message>
        <source>yes</source>
        <translation>oui</translation>
    </message>
    <message>
        <source>empty</source>
        <translation>vide</translation>
    </message>
    <message>
        <source>by the model</source>
        <translation>selon le modèle</translation>
    </message>
    <message>
        <source>from the list</source>
        <translation>dans la liste</translation>
    </message>
    <message>
        <source>numbers</source>
        <translation>nombres</translation>
    </message>
    <message>
        <source>chosen by the run</source>
        <translation>choisi à l'exécution</translation>
    </message>
    <message>
        <source>Argument</source>
        <translation>Argument</translation>
    </message>
    <message>
        <source>Value</source>
        <translation>Valeur</translation>
    </message>
    <message>
        <source>Allowed</source>
        <translation>Permis</translation>
    </message>
    <message>
        <source>whole</source>
        <translation>entier</translation>
    </message>
    <message>
        <source>number</source>
        <translation>nombre</translation>
    </message>
    <message>
        <source>text</source>
        <translation>texte</translation>
    </message>
    <message>
        <source>argument '{}' is unknown to this model; it has: {}</source>
        <translation>l'argument « {} » est inconnu de ce modèle ; il a : {}</translation>
    </message>
    <message>
        <source>{} (default)</source>
        <translation>{} (par défaut)</translation>
    </message>
    <message>
        <source>Default</source>
        <translation>Par défaut</translation>
    </message>
    <message>
        <source>all classes</source>
        <translation>toutes les classes</translation>
    </message>
    <message>
        <source>the model does not know {}: it knows {}</source>
        <translation>le modèle ne connaît pas {} : il connaît {}</translation>
    </message>
    <message>
        <source>Estimate</source>
        <translation>Estimer</translation>
    </message>
    <message>
        <source>Tiles, memory, disk and time of this run, without running it</source>
        <translation>Tuiles, mémoire, disque et temps de cette exécution, sans la lancer</translation>
    </message>
    <message>
        <source>The engine tries a few tiles …</source>
        <translation>Le moteur essaie quelques tuiles …</translation>
    </message>
    <message>
        <source>{} is missing: give it first</source>
        <translation>{} manque : à donner d'abord</translation>
    </message>
    <message>
        <source>tiles of {} x {} pixels</source>
        <translation>tuiles de {} x {} pixels</translation>
    </message>
    <message>
        <source>cells of {}</source>
        <translation>cellules de {}</translation>
    </message>
    <message>
        <source>{} bands</source>
        <translation>{} bandes</translation>
    </message>
    <message>
        <source>{} is a model for {}, not for {}: choose another model or another tool</source>
        <translation>{} est un modèle pour {}, non pour {} : choisir un autre modèle ou un autre outil</translation>
    </message>
    <message>
        <source>{} (the model's)</source>
        <translation>{} (celle du modèle)</translation>
    </message>
    <message>
        <source>no CRS</source>
        <translation>sans SCR</translation>
    </message>
    <message>
        <source>{} has only {} of the {} bands that the model needs: choose a raster with the bands it was trained on</source>
        <translation>{} n'a que {} des {} bandes qu'il faut au modèle : choisir un raster avec les bandes de son entraînement</translation>
    </message>
    <message>
        <source>{} chips</source>
        <translation>{} imagettes</translation>
    </message>
    <message>
        <source>{} x {} pixels</source>
        <translation>{} x {} pixels</translation>
    </message>
    <message>
        <source>no model type learns from {}: convert the data or choose another folder</source>
        <translation>aucun type de modèle n'apprend de {} : convertir les données ou choisir un autre dossier</translation>
    </message>
    <message>
        <source>{} does not learn from {}: choose {}</source>
        <translation>{} n'apprend pas de {} : choisir {}</translation>
    </message>
    <message>
        <source>Choose from what the model offers</source>
        <translation>Choisir parmi ce que le modèle offre</translation>
    </message>
    <message>
        <source>this version needs a newer engine.</source>
        <translation>cette version demande un moteur plus récent.</translation>
    </message>
    <message>
        <source>Set up the engine…</source>
        <translation>Installer le moteur…</translation>
    </message>
    <message>
        <source>the engine is not installed yet.</source>
        <translation>le moteur n'est pas encore installé.</translation>
    </message>
    <message>
        <source>New Class</source>
        <translation>Nouvelle classe</translation>
    </message>
    <message>
        <source>Edit Class</source>
        <translation>Modifier la classe</translation>
    </message>
    <message>
        <source>Name</source>
        <translation>Nom</translation>
    </message>
    <message>
        <source>Colour</source>
        <translation>Couleur</translation>
    </message>
    <message>
        <source>leave out</source>
        <translation>laisser de côté</translation>
    </message>
    <message>
        <source>new class</source>
        <translation>nouvelle classe</translation>
    </message>
    <message>
        <source>What objects that the model calls {} become</source>
        <translation>Ce que deviennent les objets que le modèle appelle {}</translation>
    </message>
    <message>
        <source>Share of the labelled pixels</source>
        <translation>Part des pixels étiquetés</translation>
    </message>
    <message>
        <source>{} sample, kept in</source>
        <translation>{} échantillon, gardé dans</translation>
    </message>
    <message>
        <source>{} samples, kept in</source>
        <translation>{} échantillons, gardés dans</translation>
    </message>
    <message>
        <source>No samples yet. They will be kept in</source>
        <translation>Pas encore d'échantillon. Ils seront gardés dans</translation>
    </message>
    <message>
        <source>Class</source>
        <translation>Classe</translation>
    </message>
    <message>
        <source>Samples</source>
        <translation>Échantillons</translation>
    </message>
    <message>
        <source>Pixels</source>
        <translation>Pixels</translation>
    </message>
    <message>
        <source>Share</source>
        <translation>Part</translation>
    </message>
    <message>
        <source>Select the samples of the chosen classes on the map</source>
        <translation>Sélectionner sur la carte les échantillons des classes choisies</translation>
    </message>
    <message>
        <source>Merge the chosen classes into one of them…</source>
        <translation>Fusionner les classes choisies en l'une d'elles…</translation>
    </message>
    <message>
        <source>Delete all samples of the chosen classes</source>
        <translation>Supprimer tous les échantillons des classes choisies</translation>
    </message>
    <message>
        <source>Load samples…</source>
        <translation>Charger des échantillons…</translation>
    </message>
    <message>
        <source>Save a copy of the samples…</source>
        <translation>Enregistrer une copie des échantillons…</translation>
    </message>
    <message>
        <source>{} (value {})</source>
        <translation>{} (valeur {})</translation>
    </message>
    <message>
        <source>Select samples</source>
        <translation>Sélectionner des échantillons</translation>
    </message>
    <message>
        <source>Rectangle: drag, or two clicks</source>
        <translation>Rectangle : glisser, ou deux clics</translation>
    </message>
    <message>
        <source>Polygon: click corners; right or double click ends it</source>
        <translation>Polygone : cliquer les sommets ; clic droit ou double clic le termine</translation>
    </message>
    <message>
        <source>Circle: drag from the middle, or two clicks</source>
        <translation>Cercle : glisser depuis le milieu, ou deux clics</translation>
    </message>
    <message>
        <source>Lasso: hold the button down and draw</source>
        <translation>Lasso : garder le bouton enfoncé et dessiner</translation>
    </message>
    <message>
        <source>Undo (Ctrl+Z)</source>
        <translation>Annuler (Ctrl+Z)</translation>
    </message>
    <message>
        <source>Redo (Ctrl+Y)</source>
        <translation>Rétablir (Ctrl+Y)</translation>
    </message>
    <message>
        <source>Delete the selected samples (Delete)</source>
        <translation>Supprimer les échantillons sélectionnés (Suppr)</translation>
    </message>
    <message>
        <source>Keys (F1)</source>
        <translation>Touches (F1)</translation>
    </message>
    <message>
        <source>Nothing to take back.</source>
        <translation>Rien à annuler.</translation>
    </message>
    <message>
        <source>Nothing to do again.</source>
        <translation>Rien à rétablir.</translation>
    </message>
    <message>
        <source>{} sample deleted; Ctrl+Z brings it back.</source>
        <translation>{} échantillon supprimé ; Ctrl+Z le ramène.</translation>
    </message>
    <message>
        <source>{} samples deleted; Ctrl+Z brings them back.</source>
        <translation>{} échantillons supprimés ; Ctrl+Z les ramène.</translation>
    </message>
    <message>
        <source>Keys of Label Objects</source>
        <translation>Touches de l'étiquetage d'objets</translation>
    </message>
    <message>
        <source>They work on the map and in the pane. Hold the space bar to move the map.</source>
        <translation>Elles agissent sur la carte et dans le panneau. Tenir la barre d'espace pour déplacer la carte.</translation>
    </message>
    <message>
        <source>Choose the class before</source>
        <translation>Choisir la classe précédente</translation>
    </message>
    <message>
        <source>Choose the class after</source>
        <translation>Choisir la classe suivante</translation>
    </message>
    <message>
        <source>full stop</source>
        <translation>point</translation>
    </message>
    <message>
        <source>End the polygon; label the whole image and go on (folder)</source>
        <translation>Terminer le polygone ; étiqueter l'image entière et continuer (dossier)</translation>
    </message>
    <message>
        <source>Drop the shape; select nothing</source>
        <translation>Abandonner la forme ; ne rien sélectionner</translation>
    </message>
    <message>
        <source>Take the last corner back</source>
        <translation>Reprendre le dernier sommet</translation>
    </message>
    <message>
        <source>Delete the selected samples</source>
        <translation>Supprimer les échantillons sélectionnés</translation>
    </message>
    <message>
        <source>Give the selected samples the chosen class</source>
        <translation>Donner aux échantillons sélectionnés la classe choisie</translation>
    </message>
    <message>
        <source>Undo</source>
        <translation>Annuler</translation>
    </message>
    <message>
        <source>Redo</source>
        <translation>Rétablir</translation>
    </message>
    <message>
        <source>Next image (folder)</source>
        <translation>Image suivante (dossier)</translation>
    </message>
    <message>
        <source>Previous image (folder)</source>
        <translation>Image précédente (dossier)</translation>
    </message>
    <message>
        <source>Give the whole image the chosen class (folder)</source>
        <translation>Donner à l'image entière la classe choisie (dossier)</translation>
    </message>
    <message>
        <source>Show the keys</source>
        <translation>Montrer les touches</translation>
    </message>
    <message>
        <source>No sample is selected: pick some with the arrow (V).</source>
        <translation>Aucun échantillon n'est sélectionné : en choisir avec la flèche (V).</translation>
    </message>
    <message>
        <source>Choose one of the first ten classes</source>
        <translation>Choisir l'une des dix premières classes</translation>
    </message>
    <message>
        <source>Object detection</source>
        <translation>Détection d'objets</translation>
    </message>
    <message>
        <source>Object detection (KITTI)</source>
        <translation>Détection d'objets (KITTI)</translation>
    </message>
    <message>
        <source>Pixel classification</source>
        <translation>Classification de pixels</translation>
    </message>
    <message>
        <source>Instance segmentation</source>
        <translation>Segmentation d'instances</translation>
    </message>
    <message>
        <source>Object classification</source>
        <translation>Classification d'objets</translation>
    </message>
    <message>
        <source>Object classification (ImageNet)</source>
        <translation>Classification d'objets (ImageNet)</translation>
    </message>
    <message>
        <source>Several classes a chip</source>
        <translation>Plusieurs classes par imagette</translation>
    </message>
    <message>
        <source>{} chip written to {}.</source>
        <translation>{} imagette écrite dans {}.</translation>
    </message>
    <message>
        <source>{} chips written to {}.</source>
        <translation>{} imagettes écrites dans {}.</translation>
    </message>
    <message>
        <source>Folder of the Chips</source>
        <translation>Dossier des imagettes</translation>
    </message>
    <message>
        <source>Chips without a sample too</source>
        <translation>Imagettes vides aussi</translation>
    </message>
    <message>
        <source>Open the tool's dialog, filled with what stands here</source>
        <translation>Ouvrir le dialogue de l'outil, rempli de ce qui est ici</translation>
    </message>
    <message>
        <source>For</source>
        <translation>Pour</translation>
    </message>
    <message>
        <source>Folder</source>
        <translation>Dossier</translation>
    </message>
    <message>
        <source>Chip</source>
        <translation>Imagette</translation>
    </message>
    <message>
        <source>Image</source>
        <translation>Image</translation>
    </message>
    <message>
        <source>Export</source>
        <translation>Exporter</translation>
    </message>
    <message>
        <source>All Parameters…</source>
        <translation>Tous les paramètres…</translation>
    </message>
    <message>
        <source>Cancel</source>
        <translation>Annuler</translation>
    </message>
    <message>
        <source>There is no sample yet: draw some first.</source>
        <translation>Il n'y a pas encore d'échantillon : en dessiner d'abord.</translation>
    </message>
    <message>
        <source>The chips need a folder: choose one.</source>
        <translation>Il faut un dossier aux imagettes : en choisir un.</translation>
    </message>
    <message>
        <source>Open folder</source>
        <translation>Ouvrir le dossier</translation>
    </message>
    <message>
        <source>Train a model…</source>
        <translation>Entraîner un modèle…</translation>
    </message>
    <message>
        <source>Metadata format {}</source>
        <translation>Format de métadonnées {}</translation>
    </message>
    <message>
        <source>{} holds no image: choose a folder with JPEG, PNG, TIFF ... files in it</source>
        <translation>{} ne contient aucune image : choisir un dossier de fichiers JPEG, PNG, TIFF…</translation>
    </message>
    <message>
        <source>{} cannot be opened: take it out of the folder, or go on with the next image</source>
        <translation>{} ne s'ouvre pas : le retirer du dossier, ou continuer avec l'image suivante</translation>
    </message>
    <message>
        <source>{} cannot be shown: take it out of the folder, or go on with the next image</source>
        <translation>{} ne peut pas être montré : le retirer du dossier, ou continuer avec l'image suivante</translation>
    </message>
    <message>
        <source>{} cannot be read ({}): choose a folder of images</source>
        <translation>{} est illisible ({}) : choisir un dossier d'images</translation>
    </message>
    <message>
        <source>{} holds no polygons: choose a file of polygons, such as a GeoPackage</source>
        <translation>{} ne contient aucun polygone : choisir un fichier de polygones, par exemple un GeoPackage</translation>
    </message>
    <message>
        <source>{} has no CRS and the other has one: give it its CRS first</source>
        <translation>{} n'a pas de SCR et l'autre en a un : lui donner d'abord le sien</translation>
    </message>
    <message>
        <source>{} has places that {} does not know: clip it first</source>
        <translation>{} a des lieux que {} ne connaît pas : le découper d'abord</translation>
    </message>
    <message>
        <source>the shape has no area: draw it larger</source>
        <translation>la forme n'a pas de surface : la dessiner plus grande</translation>
    </message>
    <message>
        <source>the shape lies outside {}: draw on the image</source>
        <translation>la forme est hors de {} : dessiner sur l'image</translation>
    </message>
    <message>
        <source>Suggest</source>
        <translation>Suggérer</translation>
    </message>
    <message>
        <source>There is nothing to label: choose a raster layer or a folder of images.</source>
        <translation>Il n'y a rien à étiqueter : choisir une couche raster ou un dossier d'images.</translation>
    </message>
    <message>
        <source>The image was taken off the map: choose the folder again to go on; its samples are saved.</source>
        <translation>L'image a été retirée de la carte : choisissez à nouveau le dossier pour continuer ; ses échantillons sont enregistrés.</translation>
    </message>
    <message>
        <source>There is no class: make one with the plus button.</source>
        <translation>Il n'y a pas de classe : en faire une avec le bouton plus.</translation>
    </message>
    <message>
        <source>That was the last image.</source>
        <translation>C'était la dernière image.</translation>
    </message>
    <message>
        <source>This is the first image.</source>
        <translation>C'est la première image.</translation>
    </message>
    <message>
        <source>Open a raster layer, or choose a folder of images with the button above.</source>
        <translation>Ouvrir une couche raster, ou choisir un dossier d'images avec le bouton ci-dessus.</translation>
    </message>
    <message>
        <source>Object</source>
        <translation>Objet</translation>
    </message>
    <message>
        <source>Polygons (*.gpkg *.shp *.geojson *.fgb);;All files (*)</source>
        <translation>Polygones (*.gpkg *.shp *.geojson *.fgb);;Tous les fichiers (*)</translation>
    </message>
    <message>
        <source>{} sample became {}.</source>
        <translation>{} échantillon est devenu {}.</translation>
    </message>
    <message>
        <source>{} samples became {}.</source>
        <translation>{} échantillons sont devenus {}.</translation>
    </message>
    <message>
        <source>{} sample became {}; Ctrl+Z takes it back.</source>
        <translation>{} échantillon est devenu {} ; Ctrl+Z le reprend.</translation>
    </message>
    <message>
        <source>{} samples became {}; Ctrl+Z takes it back.</source>
        <translation>{} échantillons sont devenus {} ; Ctrl+Z les reprend.</translation>
    </message>
    <message>
        <source>{} sample loaded.</source>
        <translation>{} échantillon chargé.</translation>
    </message>
    <message>
        <source>{} samples loaded.</source>
        <translation>{} échantillons chargés.</translation>
    </message>
    <message>
        <source>Merge Classes</source>
        <translation>Fusionner des classes</translation>
    </message>
    <message>
        <source>All become</source>
        <translation>Tous deviennent</translation>
    </message>
    <message>
        <source>The whole image is {}.</source>
        <translation>L'image entière est {}.</translation>
    </message>
    <message>
        <source>Load Samples</source>
        <translation>Charger des échantillons</translation>
    </message>
    <message>
        <source>Save a Copy of the Samples</source>
        <translation>Enregistrer une copie des échantillons</translation>
    </message>
    <message>
        <source>A copy is in {}; drawing goes on in {}.</source>
        <translation>Une copie est dans {} ; le dessin continue dans {}.</translation>
    </message>
    <message>
        <source>{} names no images (field ImageName): load samples of a folder of images</source>
        <translation>{} ne nomme pas d'images (champ ImageName) : charger les échantillons d'un dossier d'images</translation>
    </message>
    <message>
        <source>{} has no polygon on {}: choose another file</source>
        <translation>{} n'a aucun polygone sur {} : choisir un autre fichier</translation>
    </message>
    <message>
        <source>{} has a layer {} that Label Objects has not saved: move or rename the file, then choose the image again</source>
        <translation>{} a une couche {} que l'étiquetage n'a pas enregistrée : déplacer ou renommer le fichier, puis choisir l'image à nouveau</translation>
    </message>
    <message>
        <source>{} cannot be written ({}): choose another file for the samples</source>
        <translation>{} ne peut pas être écrit ({}) : choisir un autre fichier pour les échantillons</translation>
    </message>
    <message>
        <source>{} has no layer named {}: choose a file that Label Objects has saved</source>
        <translation>{} n'a pas de couche nommée {} : choisir un fichier enregistré par l'étiquetage</translation>
    </message>
    <message>
        <source>{} has no field {}: choose a file that Label Objects has saved</source>
        <translation>{} n'a pas de champ {} : choisir un fichier enregistré par l'étiquetage</translation>
    </message>
    <message>
        <source>{} is in {}, the raster in {}: load it into a new file, which reprojects the samples</source>
        <translation>{} est en {}, le raster en {} : le charger dans un nouveau fichier, ce qui reprojette les échantillons</translation>
    </message>
    <message>
        <source>a raster layer</source>
        <translation>une couche raster</translation>
    </message>
    <message>
        <source>a folder of images</source>
        <translation>un dossier d'images</translation>
    </message>
    <message>
        <source>{} holds these samples already: choose another file for the copy</source>
        <translation>{} contient déjà ces échantillons : choisir un autre fichier pour la copie</translation>
    </message>
    <message>
        <source>{} holds samples of {}: choose another file</source>
        <translation>{} contient les échantillons d'autre chose ({}) : choisir un autre fichier</translation>
    </message>
    <message>
        <source>the class has no name: give it one, such as Building</source>
        <translation>la classe n'a pas de nom : lui en donner un, par exemple Bâtiment</translation>
    </message>
    <message>
        <source>{} holds no classes: a schema has a list Classes with Name, Value and Color</source>
        <translation>{} ne contient aucune classe : un schéma a une liste Classes avec Name, Value et Color</translation>
    </message>
    <message>
        <source>{} holds no list of classes: a schema has Classes with Name, Value and Color</source>
        <translation>{} ne contient pas de liste de classes : un schéma a Classes avec Name, Value et Color</translation>
    </message>
    <message>
        <source>{} cannot be read ({}): choose a schema file</source>
        <translation>{} est illisible ({}) : choisir un fichier de schéma</translation>
    </message>
    <message>
        <source>{} is no JSON file ({}): choose a schema (.json or .ecs)</source>
        <translation>{} n'est pas un fichier JSON ({}) : choisir un schéma (.json ou .ecs)</translation>
    </message>
    <message>
        <source>there is a class named {} already: choose another name</source>
        <translation>il y a déjà une classe nommée {} : choisir un autre nom</translation>
    </message>
    <message>
        <source>{} is the value of {} already: choose another, such as {}</source>
        <translation>{} est déjà la valeur de {} : en choisir une autre, par exemple {}</translation>
    </message>
    <message>
        <source>{} cannot be written ({}): choose another folder</source>
        <translation>{} ne peut pas être écrit ({}) : choisir un autre dossier</translation>
    </message>
    <message>
        <source>value {} of {} is no whole number: mend it</source>
        <translation>la valeur {} de {} n'est pas un nombre entier : la corriger</translation>
    </message>
    <message>
        <source>Classification schema (*.json *.ecs)</source>
        <translation>Schéma de classification (*.json *.ecs)</translation>
    </message>
    <message>
        <source>New, load, save; land cover classes</source>
        <translation>Nouveau, charger, enregistrer ; classes d'occupation du sol</translation>
    </message>
    <message>
        <source>Key</source>
        <translation>Touche</translation>
    </message>
    <message>
        <source>New Schema</source>
        <translation>Nouveau schéma</translation>
    </message>
    <message>
        <source>Load Schema…</source>
        <translation>Charger un schéma…</translation>
    </message>
    <message>
        <source>Save Schema…</source>
        <translation>Enregistrer le schéma…</translation>
    </message>
    <message>
        <source>Land Cover (NLCD 2011)</source>
        <translation>Occupation du sol (NLCD 2011)</translation>
    </message>
    <message>
        <source>New class</source>
        <translation>Nouvelle classe</translation>
    </message>
    <message>
        <source>New class below the chosen one</source>
        <translation>Nouvelle classe sous celle qui est choisie</translation>
    </message>
    <message>
        <source>Edit the chosen class (double click)</source>
        <translation>Modifier la classe choisie (double clic)</translation>
    </message>
    <message>
        <source>Delete the chosen class; its samples stay</source>
        <translation>Supprimer la classe choisie ; ses échantillons restent</translation>
    </message>
    <message>
        <source>Take the {} classes away? The samples stay.</source>
        <translation>Retirer les {} classes ? Les échantillons restent.</translation>
    </message>
    <message>
        <source>Load Schema</source>
        <translation>Charger un schéma</translation>
    </message>
    <message>
        <source>Save Schema</source>
        <translation>Enregistrer le schéma</translation>
    </message>
    <message>
        <source>the area of one value in {} is wider than {} pixels: choose a raster of segment numbers</source>
        <translation>la zone d'une valeur de {} est plus large que {} pixels : choisir un raster de numéros de segments</translation>
    </message>
    <message>
        <source>{} has no pixels of its own: choose a raster of segment numbers</source>
        <translation>{} n'a pas de pixels à lui : choisir un raster de numéros de segments</translation>
    </message>
    <message>
        <source>the mouse is where the map cannot be related to the raster: zoom to the raster</source>
        <translation>la souris est là où la carte ne se rapporte pas au raster : zoomer sur le raster</translation>
    </message>
    <message>
        <source>Segments: click or drag; Enter or right click saves them as one sample</source>
        <translation>Segments : cliquer ou glisser ; Entrée ou clic droit les enregistre comme un échantillon</translation>
    </message>
    <message>
        <source>Finding segments in this view…</source>
        <translation>Recherche de segments dans cette vue…</translation>
    </message>
    <message>
        <source> pixels</source>
        <translation> pixels</translation>
    </message>
    <message>
        <source>Width of a segment on average; about half the width of the smallest object</source>
        <translation>Largeur moyenne d'un segment ; environ la moitié de la largeur du plus petit objet</translation>
    </message>
    <message>
        <source>computed for the view</source>
        <translation>calculés pour la vue</translation>
    </message>
    <message>
        <source>Segments of your own: polygons, or a raster of their numbers; empty computes them</source>
        <translation>Segments à vous : polygones, ou raster de leurs numéros ; vide : ils sont calculés</translation>
    </message>
    <message>
        <source>Segments of this view</source>
        <translation>Segments de cette vue</translation>
    </message>
    <message>
        <source>Or from layer</source>
        <translation>Ou d'une couche</translation>
    </message>
    <message>
        <source>{} segment in this view.</source>
        <translation>{} segment dans cette vue.</translation>
    </message>
    <message>
        <source>{} segments in this view.</source>
        <translation>{} segments dans cette vue.</translation>
    </message>
    <message>
        <source>the map shows nothing of {}: zoom to the layer first</source>
        <translation>la carte ne montre rien de {} : zoomer d'abord sur la couche</translation>
    </message>
    <message>
        <source>Raster layer that is labelled</source>
        <translation>Couche raster qui est étiquetée</translation>
    </message>
    <message>
        <source>Folder of Images</source>
        <translation>Dossier d'images</translation>
    </message>
    <message>
        <source>Label a folder of images…</source>
        <translation>Étiqueter un dossier d'images…</translation>
    </message>
    <message>
        <source>Previous image (B)</source>
        <translation>Image précédente (B)</translation>
    </message>
    <message>
        <source>Next image (N)</source>
        <translation>Image suivante (N)</translation>
    </message>
    <message>
        <source>Give the whole image the chosen class (W)</source>
        <translation>Donner à l'image entière la classe choisie (W)</translation>
    </message>
    <message>
        <source>Leave the folder and label a raster layer</source>
        <translation>Quitter le dossier et étiqueter une couche raster</translation>
    </message>
    <message>
        <source>{} of {} · {} labelled</source>
        <translation>{} sur {} · {} étiquetées</translation>
    </message>
    <message>
        <source>whole image</source>
        <translation>image entière</translation>
    </message>
    <message>
        <source>Model packages (*.dlpk *.emd *.DLPK *.EMD)</source>
        <translation>Paquets de modèle (*.dlpk *.emd *.DLPK *.EMD)</translation>
    </message>
    <message>
        <source>Model that detects objects</source>
        <translation>Modèle qui détecte des objets</translation>
    </message>
    <message>
        <source>Let the model look at what the map shows</source>
        <translation>Laisser le modèle regarder ce que montre la carte</translation>
    </message>
    <message>
        <source>Proposals</source>
        <translation>Propositions</translation>
    </message>
    <message>
        <source>Confidence from which proposals are shown</source>
        <translation>Confiance à partir de laquelle les propositions sont montrées</translation>
    </message>
    <message>
        <source>Click</source>
        <translation>Cliquer</translation>
    </message>
    <message>
        <source>On the map: left click accepts a proposal, right click rejects it</source>
        <translation>Sur la carte : un clic gauche accepte une proposition, un clic droit la rejette</translation>
    </message>
    <message>
        <source>The model looks at this view…</source>
        <translation>Le modèle regarde cette vue…</translation>
    </message>
    <message>
        <source> {} is of a class that is left out: choose what it becomes.</source>
        <translation> {} est d'une classe laissée de côté : choisir ce qu'elle devient.</translation>
    </message>
    <message>
        <source> {} are of classes that are left out: choose what they become.</source>
        <translation> {} sont de classes laissées de côté : choisir ce qu'elles deviennent.</translation>
    </message>
    <message>
        <source> {} lies outside the raster.</source>
        <translation> {} est hors du raster.</translation>
    </message>
    <message>
        <source> {} lie outside the raster.</source>
        <translation> {} sont hors du raster.</translation>
    </message>
    <message>
        <source>Suggest in this view</source>
        <translation>Suggérer dans cette vue</translation>
    </message>
    <message>
        <source>Reject all</source>
        <translation>Tout rejeter</translation>
    </message>
    <message>
        <source>Confidence from</source>
        <translation>Confiance dès</translation>
    </message>
    <message>
        <source>There is no raster to label: choose one above.</source>
        <translation>Il n'y a pas de raster à étiqueter : en choisir un ci-dessus.</translation>
    </message>
    <message>
        <source>No model is chosen: choose a package (.dlpk or .emd) of a model that detects objects.</source>
        <translation>Aucun modèle n'est choisi : choisir le paquet (.dlpk ou .emd) d'un modèle qui détecte des objets.</translation>
    </message>
    <message>
        <source>Cancelled; nothing was suggested.</source>
        <translation>Annulé ; rien n'a été suggéré.</translation>
    </message>
    <message>
        <source>{} accepted.</source>
        <translation>Acceptées : {}.</translation>
    </message>
    <message>
        <source> {} more is labelled already.</source>
        <translation> {} de plus est déjà étiqueté.</translation>
    </message>
    <message>
        <source> {} more are labelled already.</source>
        <translation> {} de plus sont déjà étiquetés.</translation>
    </message>
    <message>
        <source>{} rejected.</source>
        <translation>Rejetées : {}.</translation>
    </message>
    <message>
        <source>Accept {} of {}</source>
        <translation>Accepter {} sur {}</translation>
    </message>
    <message>
        <source>The map shows nothing of {}: zoom to the layer first.</source>
        <translation>La carte ne montre rien de {} : zoomer d'abord sur la couche.</translation>
    </message>
    <message>
        <source>The model found nothing here of {} % confidence or more: move the map or try another model.</source>
        <translation>Le modèle n'a rien trouvé ici de {} % de confiance ou plus : déplacer la carte ou essayer un autre modèle.</translation>
    </message>
    <message>
        <source>All {} objects that the model found are labelled already.</source>
        <translation>Les {} objets que le modèle a trouvés sont tous déjà étiquetés.</translation>
    </message>
    <message>
        <source>{} found.</source>
        <translation>Objets trouvés : {}.</translation>
    </message>
    <message>
        <source>no reason given</source>
        <translation>sans raison donnée</translation>
    </message>
    <message>
        <source>{} is gone: bring it back, or choose the image again to begin a new file</source>
        <translation>{} a disparu : le remettre, ou choisir l'image à nouveau pour commencer un nouveau fichier</translation>
    </message>
    <message>
        <source>{} cannot be changed ({}): is it open elsewhere?</source>
        <translation>{} ne peut pas être modifié ({}) : est-il ouvert ailleurs ?</translation>
    </message>
    <message>
        <source>{} cannot be written ({}): is it full or read-only?</source>
        <translation>{} ne peut pas être écrit ({}) : plein ou en lecture seule ?</translation>
    </message>
    <message>
        <source>Label Objects for Deep Learning</source>
        <translation>Étiqueter des objets pour l'apprentissage profond</translation>
    </message>
    <message>
        <source>Review Detections</source>
        <translation>Relire des détections</translation>
    </message>
    <message>
        <source>Runs</source>
        <translation>Exécutions</translation>
    </message>
    <message>
        <source>Number key that gives the current result this class</source>
        <translation>Touche de chiffre qui donne cette classe au résultat courant</translation>
    </message>
    <message>
        <source>Left</source>
        <translation>Restent</translation>
    </message>
    <message>
        <source>Not reviewed, at or above the threshold</source>
        <translation>Non relus, au seuil ou au-dessus</translation>
    </message>
    <message>
        <source>Accepted</source>
        <translation>Acceptés</translation>
    </message>
    <message>
        <source>Rejected</source>
        <translation>Rejetés</translation>
    </message>
    <message>
        <source>Relabelled or redrawn, under the class they have now</source>
        <translation>Reclassés ou redessinés, sous leur classe actuelle</translation>
    </message>
    <message>
        <source>Added: objects that were missed</source>
        <translation>Ajoutés : objets qui manquaient</translation>
    </message>
    <message>
        <source>no class</source>
        <translation>sans classe</translation>
    </message>
    <message>
        <source>it cannot be opened</source>
        <translation>il ne s'ouvre pas</translation>
    </message>
    <message>
        <source>the shape has no area: draw at least three corners that are apart</source>
        <translation>la forme n'a pas de surface : dessiner au moins trois sommets distincts</translation>
    </message>
    <message>
        <source>the outline crosses itself and encloses nothing: draw it again</source>
        <translation>le contour se croise et n'entoure rien : le redessiner</translation>
    </message>
    <message>
        <source>the decision is not saved, {} refused it ({}): close other programs that use the file, make room on the disk, then decide again</source>
        <translation>la décision n'est pas enregistrée, {} l'a refusée ({}) : fermer les autres programmes qui utilisent le fichier, faire de la place sur le disque, puis décider à nouveau</translation>
    </message>
    <message>
        <source>{} has no class field: choose it under Fields, then relabel</source>
        <translation>{} n'a pas de champ de classe : le choisir sous Champs, puis reclasser</translation>
    </message>
    <message>
        <source>the outline crosses itself and gives {} parts: draw it again</source>
        <translation>le contour se croise et donne {} parties : le redessiner</translation>
    </message>
    <message>
        <source>locked or full</source>
        <translation>verrouillé ou plein</translation>
    </message>
    <message>
        <source>accepted</source>
        <translation>accepté</translation>
    </message>
    <message>
        <source>rejected</source>
        <translation>rejeté</translation>
    </message>
    <message>
        <source>relabelled</source>
        <translation>reclassé</translation>
    </message>
    <message>
        <source>redrawn</source>
        <translation>redessiné</translation>
    </message>
    <message>
        <source>added</source>
        <translation>ajouté</translation>
    </message>
    <message>
        <source>copy it to a GeoPackage</source>
        <translation>la copier dans un GeoPackage</translation>
    </message>
    <message>
        <source>{} cannot be opened: mend its source.</source>
        <translation>{} ne s'ouvre pas : réparer sa source.</translation>
    </message>
    <message>
        <source>{} holds {} features, and results are points or polygons: choose another layer.</source>
        <translation>{} contient des entités de type {}, et les résultats sont des points ou des polygones : choisir une autre couche.</translation>
    </message>
    <message>
        <source>{} has edits that are not saved: save or discard them, then choose the layer again.</source>
        <translation>{} a des modifications non enregistrées : les enregistrer ou les abandonner, puis choisir la couche à nouveau.</translation>
    </message>
    <message>
        <source>{} is filtered by a query of its own: {}.</source>
        <translation>{} est filtrée par une requête à elle : {}.</translation>
    </message>
    <message>
        <source>{} is a temporary layer, which is gone when QGIS closes: {}.</source>
        <translation>{} est une couche temporaire, qui disparaît quand QGIS se ferme : {}.</translation>
    </message>
    <message>
        <source>{} is {}, and only a GeoPackage keeps each decision at once: {}.</source>
        <translation>{} est de type {}, et seul un GeoPackage garde chaque décision aussitôt : {}.</translation>
    </message>
    <message>
        <source>{} is read-only, and decisions are kept in its fields: {}.</source>
        <translation>{} est en lecture seule, et les décisions sont gardées dans ses champs : {}.</translation>
    </message>
    <message>
        <source>the field {} cannot be added to {} ({}): close other programs that use the file, or copy it to a GeoPackage</source>
        <translation>le champ {} ne peut pas être ajouté à {} ({}) : fermer les autres programmes qui utilisent le fichier, ou la copier dans un GeoPackage</translation>
    </message>
    <message>
        <source>the field {} of {} holds {} and a review writes texts there: rename it</source>
        <translation>le champ {} de {} contient {} et une relecture y écrit des textes : le renommer</translation>
    </message>
    <message>
        <source>Class value</source>
        <translation>Valeur de classe</translation>
    </message>
    <message>
        <source>Layer of Detect Objects or Classify Objects, or any with points or polygons</source>
        <translation>Couche de Détecter des objets ou Classer des objets, ou toute couche de points ou de polygones</translation>
    </message>
    <message>
        <source>Fields</source>
        <translation>Champs</translation>
    </message>
    <message>
        <source>Which fields hold class and confidence</source>
        <translation>Quels champs portent la classe et la confiance</translation>
    </message>
    <message>
        <source>Start the review</source>
        <translation>Commencer la relecture</translation>
    </message>
    <message>
        <source>Copy to a GeoPackage and review the copy</source>
        <translation>Copier dans un GeoPackage et relire la copie</translation>
    </message>
    <message>
        <source>Choose the layer of results to review.</source>
        <translation>Choisir la couche de résultats à relire.</translation>
    </message>
    <message>
        <source>The review adds four fields to the layer and keeps every decision there.</source>
        <translation>La relecture ajoute quatre champs à la couche et y garde chaque décision.</translation>
    </message>
    <message>
        <source>{} cannot be written ({}): make room on the disk</source>
        <translation>{} ne peut pas être écrit ({}) : faire de la place sur le disque</translation>
    </message>
    <message>
        <source>Review</source>
        <translation>Relecture</translation>
    </message>
    <message>
        <source>Results</source>
        <translation>Résultats</translation>
    </message>
    <message>
        <source>Nothing left to review</source>
        <translation>Plus rien à relire</translation>
    </message>
    <message>
        <source>Choose what to show above, or go on with the Results.</source>
        <translation>Choisir ci-dessus ce qui est montré, ou passer aux Résultats.</translation>
    </message>
    <message>
        <source>not reviewed</source>
        <translation>non relu</translation>
    </message>
    <message>
        <source>its first shape is kept</source>
        <translation>sa première forme est gardée</translation>
    </message>
    <message>
        <source>Result {}: {}</source>
        <translation>Résultat {} : {}</translation>
    </message>
    <message>
        <source>found as {}</source>
        <translation>trouvé comme {}</translation>
    </message>
    <message>
        <source>What is there, and the ground about all decisions: its chips over rejected results are empty.</source>
        <translation>Ce qui est là, et le terrain autour de toutes les décisions : ses imagettes sur des résultats rejetés sont vides.</translation>
    </message>
    <message>
        <source>What is there, and the reviewed detections as they were found. Add what was missed to judge recall.</source>
        <translation>Ce qui est là, et les détections relues telles qu'elles ont été trouvées. Ajouter ce qui manquait pour juger le rappel.</translation>
    </message>
    <message>
        <source>Keep results that are not reviewed</source>
        <translation>Garder les résultats non relus</translation>
    </message>
    <message>
        <source>Those at or above the threshold go into the cleaned layer and the samples as if they were accepted</source>
        <translation>Ceux au seuil ou au-dessus vont dans la couche nettoyée et les échantillons comme s'ils étaient acceptés</translation>
    </message>
    <message>
        <source>Save cleaned layer</source>
        <translation>Enregistrer</translation>
    </message>
    <message>
        <source>Cleaned layer</source>
        <translation>Couche nettoyée</translation>
    </message>
    <message>
        <source>Accepted, relabelled, redrawn and added.</source>
        <translation>Acceptés, reclassés, redessinés et ajoutés.</translation>
    </message>
    <message>
        <source>Save, then open Export Training Data For Deep Learning with samples and ground</source>
        <translation>Enregistrer, puis ouvrir Exporter des données d'entraînement avec échantillons et terrain</translation>
    </message>
    <message>
        <source>Tile</source>
        <translation>Tuile</translation>
    </message>
    <message>
        <source>New training samples</source>
        <translation>Nouveaux échantillons d'entraînement</translation>
    </message>
    <message>
        <source>Save, then open Compute Accuracy For Object Detection</source>
        <translation>Enregistrer, puis ouvrir Calculer l'exactitude de la détection d'objets</translation>
    </message>
    <message>
        <source>Ground truth</source>
        <translation>Vérité terrain</translation>
    </message>
    <message>
        <source>cleaned layer</source>
        <translation>couche nettoyée</translation>
    </message>
    <message>
        <source>training samples</source>
        <translation>échantillons d'entraînement</translation>
    </message>
    <message>
        <source>ground truth</source>
        <translation>vérité terrain</translation>
    </message>
    <message>
        <source>{} samples are in {}.</source>
        <translation>{} échantillons sont dans {}.</translation>
    </message>
    <message>
        <source>{} {} chips of {} pixels lie wholly on reviewed ground.</source>
        <translation>{} {} imagettes de {} pixels sont entièrement sur du terrain relu.</translation>
    </message>
    <message>
        <source>Save samples</source>
        <translation>Enregistrer</translation>
    </message>
    <message>
        <source>Export…</source>
        <translation>Exporter…</translation>
    </message>
    <message>
        <source>Save ground truth</source>
        <translation>Enregistrer</translation>
    </message>
    <message>
        <source>Compute accuracy…</source>
        <translation>Exactitude…</translation>
    </message>
    <message>
        <source>Accuracy compares polygons: buffer the points of the saved ground truth first</source>
        <translation>L'exactitude compare des polygones : mettre d'abord un tampon autour des points de la vérité terrain enregistrée</translation>
    </message>
    <message>
        <source>Review of {}</source>
        <translation>Relecture de {}</translation>
    </message>
    <message>
        <source>{} Accept or add at least one object: an export needs samples.</source>
        <translation>{} Accepter ou ajouter au moins un objet : un export demande des échantillons.</translation>
    </message>
    <message>
        <source>{} Choose the image to have the ground too; without it rejected places teach nothing.</source>
        <translation>{} Choisir l'image pour avoir aussi le terrain ; sans lui les lieux rejetés n'apprennent rien.</translation>
    </message>
    <message>
        <source>{} No chip of {} pixels fits between results that nobody looked at: review those near the decided ones, raise the threshold, or choose smaller tiles.</source>
        <translation>{} Aucune imagette de {} pixels ne tient entre des résultats que personne n'a regardés : relire ceux qui sont près des décidés, relever le seuil, ou choisir des tuiles plus petites.</translation>
    </message>
    <message>
        <source>Writing the {} …</source>
        <translation>Écriture ({})…</translation>
    </message>
    <message>
        <source>Review: {}</source>
        <translation>Relecture : {}</translation>
    </message>
    <message>
        <source>{} features are in {}.</source>
        <translation>{} entités sont dans {}.</translation>
    </message>
    <message>
        <source>{} true objects and {} reviewed detections are in {}.</source>
        <translation>{} objets vrais et {} détections relues sont dans {}.</translation>
    </message>
    <message>
        <source>The {} was not written: {}.</source>
        <translation>Pas d'écriture ({}) : {}.</translation>
    </message>
    <message>
        <source>Drag a rectangle, or click corners.
Right click ends, Backspace and Esc take back.</source>
        <translation>Glisser un rectangle, ou cliquer les sommets.
Le clic droit termine, Retour arrière et Échap reprennent.</translation>
    </message>
    <message>
        <source>Click the place. Esc gives up.</source>
        <translation>Cliquer le lieu. Échap abandonne.</translation>
    </message>
    <message>
        <source>Drag a corner, or the whole from inside. Enter ends.</source>
        <translation>Glisser un sommet, ou le tout depuis l'intérieur. Entrée termine.</translation>
    </message>
    <message>
        <source>Not reviewed</source>
        <translation>Non relus</translation>
    </message>
    <message>
        <source>All</source>
        <translation>Tous</translation>
    </message>
    <message>
        <source>Relabelled or redrawn</source>
        <translation>Reclassés ou redessinés</translation>
    </message>
    <message>
        <source>Added</source>
        <translation>Ajoutés</translation>
    </message>
    <message>
        <source>Accept</source>
        <translation>Accepter</translation>
    </message>
    <message>
        <source>The result is right</source>
        <translation>Le résultat est juste</translation>
    </message>
    <message>
        <source>Reject</source>
        <translation>Rejeter</translation>
    </message>
    <message>
        <source>There is nothing, or something else</source>
        <translation>Il n'y a rien, ou autre chose</translation>
    </message>
    <message>
        <source>Relabel</source>
        <translation>Reclasser</translation>
    </message>
    <message>
        <source>Give it another class; a number key does it at once</source>
        <translation>Lui donner une autre classe ; une touche de chiffre le fait aussitôt</translation>
    </message>
    <message>
        <source>Redraw</source>
        <translation>Redessiner</translation>
    </message>
    <message>
        <source>Draw its shape anew: drag a rectangle, or click corners and end with a right click</source>
        <translation>Redessiner sa forme : glisser un rectangle, ou cliquer les sommets et finir par un clic droit</translation>
    </message>
    <message>
        <source>Reshape</source>
        <translation>Remodeler</translation>
    </message>
    <message>
        <source>Move it, or one of its corners</source>
        <translation>Le déplacer, ou un de ses sommets</translation>
    </message>
    <message>
        <source>Add missed</source>
        <translation>Ajouter</translation>
    </message>
    <message>
        <source>Draw an object that was not found</source>
        <translation>Dessiner un objet qui n'a pas été trouvé</translation>
    </message>
    <message>
        <source>Back</source>
        <translation>Retour</translation>
    </message>
    <message>
        <source>To the one before</source>
        <translation>À celui d'avant</translation>
    </message>
    <message>
        <source>Skip</source>
        <translation>Passer</translation>
    </message>
    <message>
        <source>To the next without a decision; it comes again</source>
        <translation>Au suivant sans décision ; il revient</translation>
    </message>
    <message>
        <source>Take the last decision back; key C makes the current result as it was found</source>
        <translation>Reprendre la dernière décision ; la touche C rend au résultat courant son premier état</translation>
    </message>
    <message>
        <source>How much ground the map shows around a result; points keep the scale of the map</source>
        <translation>Combien de terrain la carte montre autour d'un résultat ; les points gardent l'échelle de la carte</translation>
    </message>
    <message>
        <source>All classes</source>
        <translation>Toutes les classes</translation>
    </message>
    <message>
        <source>Order</source>
        <translation>Ordre</translation>
    </message>
    <message>
        <source>Show</source>
        <translation>Montrer</translation>
    </message>
    <message>
        <source>Zoom</source>
        <translation>Zoom</translation>
    </message>
    <message>
        <source>Threshold</source>
        <translation>Seuil</translation>
    </message>
    <message>
        <source> at or above {}, of {}</source>
        <translation>, au seuil de {} ou plus, sur {} en tout</translation>
    </message>
    <message>
        <source> · {} added</source>
        <translation> · {} ajoutés</translation>
    </message>
    <message>
        <source>{} × its size</source>
        <translation>{} × sa taille</translation>
    </message>
    <message>
        <source>{} (key {})</source>
        <translation>{} (touche {})</translation>
    </message>
    <message>
        <source>New class…</source>
        <translation>Nouvelle classe…</translation>
    </message>
    <message>
        <source>{} of {} reviewed</source>
        <translation>{} relus sur {}</translation>
    </message>
    <message>
        <source>Confidence, surest first</source>
        <translation>Confiance, les plus sûrs d'abord</translation>
    </message>
    <message>
        <source>Confidence, least sure first</source>
        <translation>Confiance, les moins sûrs d'abord</translation>
    </message>
    <message>
        <source>Class, surest first</source>
        <translation>Classe, les plus sûrs d'abord</translation>
    </message>
    <message>
        <source>Uncertainty, nearest to the threshold</source>
        <translation>Incertitude, les plus proches du seuil</translation>
    </message>
    <message>
        <source>Uncertainty, highest entropy</source>
        <translation>Incertitude, la plus forte entropie</translation>
    </message>
    <message>
        <source>Place, neighbours together</source>
        <translation>Lieu, les voisins ensemble</translation>
    </message>
    <message>
        <source>{} cannot be read or written ({}): close other programs that use the file, or copy it to a new GeoPackage</source>
        <translation>{} ne peut être ni lue ni écrite ({}) : fermer les autres programmes qui utilisent le fichier, ou la copier dans un nouveau GeoPackage</translation>
    </message>
    <message>
        <source>result {} is not in {} any more: go on with the next one</source>
        <translation>le résultat {} n'est plus dans {} : passez au suivant</translation>
    </message>
    <message>
        <source>the field {} is not in {} any more: choose the layer again</source>
        <translation>le champ {} n'est plus dans {} : choisissez à nouveau la couche</translation>
    </message>
    <message>
        <source>it was cancelled, and nothing is left of it</source>
        <translation>elle a été annulée, et il n'en reste rien</translation>
    </message>
    <message>
        <source>the run was cancelled</source>
        <translation>l'exécution a été annulée</translation>
    </message>
    <message>
        <source>Open Report</source>
        <translation>Ouvrir le rapport</translation>
    </message>
    <message>
        <source>Show Run</source>
        <translation>Montrer l'exécution</translation>
    </message>
    <message>
        <source>{} has begun.</source>
        <translation>{} a commencé.</translation>
    </message>
    <message>
        <source>Show Progress</source>
        <translation>Montrer le progrès</translation>
    </message>
    <message>
        <source>Log</source>
        <translation>Journal</translation>
    </message>
    <message>
        <source>Parameters</source>
        <translation>Paramètres</translation>
    </message>
    <message>
        <source>Weights (SHA-256)</source>
        <translation>Poids (SHA-256)</translation>
    </message>
    <message>
        <source>Tiles</source>
        <translation>Tuiles</translation>
    </message>
    <message>
        <source>Platform</source>
        <translation>Plateforme</translation>
    </message>
    <message>
        <source>from the run manifest</source>
        <translation>du manifeste d'exécution</translation>
    </message>
    <message>
        <source>Choose a run to see how it went.</source>
        <translation>Choisir une exécution pour voir comment elle s'est passée.</translation>
    </message>
    <message>
        <source>{}, started {}.</source>
        <translation>{}, début : {}.</translation>
    </message>
    <message>
        <source>Warning: </source>
        <translation>Attention : </translation>
    </message>
    <message>
        <source>{} is no run manifest: choose a .run.json file that lies beside an output</source>
        <translation>{} n'est pas un manifeste d'exécution : choisir un fichier .run.json placé à côté d'une sortie</translation>
    </message>
    <message>
        <source>Filter by tool, layer or state</source>
        <translation>Filtrer par outil, couche ou état</translation>
    </message>
    <message>
        <source>Every run of a tool of Imagery Deep Learning is listed here: start one from the Processing Toolbox, or add one of a colleague's from the run manifest beside its output (right click).</source>
        <translation>Chaque exécution d'un outil d'Imagery Deep Learning est listée ici : en lancer une depuis la boîte à outils de traitements, ou ajouter celle d'un collègue depuis le manifeste d'exécution à côté de sa sortie (clic droit).</translation>
    </message>
    <message>
        <source>Open</source>
        <translation>Ouvrir</translation>
    </message>
    <message>
        <source>Run Again…</source>
        <translation>Relancer…</translation>
    </message>
    <message>
        <source>Open the tool's dialog with the values of this run</source>
        <translation>Ouvrir le dialogue de l'outil avec les valeurs de cette exécution</translation>
    </message>
    <message>
        <source>Continue</source>
        <translation>Continuer</translation>
    </message>
    <message>
        <source>Go on where this run stopped</source>
        <translation>Reprendre là où cette exécution s'est arrêtée</translation>
    </message>
    <message>
        <source>Remove</source>
        <translation>Retirer</translation>
    </message>
    <message>
        <source>Take it off the list; what it wrote stays</source>
        <translation>L'ôter de la liste ; ce qu'elle a écrit reste</translation>
    </message>
    <message>
        <source>Add from Run Manifests…</source>
        <translation>Ajouter depuis des manifestes d'exécution…</translation>
    </message>
    <message>
        <source>Add from Run Manifests</source>
        <translation>Ajouter depuis des manifestes d'exécution</translation>
    </message>
    <message>
        <source>Run manifests (*.run.json)</source>
        <translation>Manifestes d'exécution (*.run.json)</translation>
    </message>
    <message>
        <source>Layer</source>
        <translation>Couche</translation>
    </message>
    <message>
        <source>{} layers</source>
        <translation>{} couches</translation>
    </message>
    <message>
        <source>What it wrote is not there any more</source>
        <translation>Ce qu'elle a écrit n'est plus là</translation>
    </message>
    <message>
        <source>epoch</source>
        <translation>époque</translation>
    </message>
    <message>
        <source>training loss</source>
        <translation>perte d'entraînement</translation>
    </message>
    <message>
        <source>validation loss</source>
        <translation>perte de validation</translation>
    </message>
    <message>
        <source>this state is kept so far</source>
        <translation>cet état est gardé jusqu'ici</translation>
    </message>
    <message>
        <source>The loss is drawn after the first epoch.</source>
        <translation>La perte est tracée après la première époque.</translation>
    </message>
    <message>
        <source>loss</source>
        <translation>perte</translation>
    </message>
    <message>
        <source>validation</source>
        <translation>validation</translation>
    </message>
    <message>
        <source>epoch {}</source>
        <translation>époque {}</translation>
    </message>
    <message>
        <source>Run</source>
        <translation>Exécution</translation>
    </message>
    <message>
        <source>Started</source>
        <translation>Début</translation>
    </message>
    <message>
        <source>Took</source>
        <translation>Durée</translation>
    </message>
    <message>
        <source>no</source>
        <translation>non</translation>
    </message>
    <message>
        <source>Running for {}</source>
        <translation>En cours depuis {}</translation>
    </message>
    <message>
        <source>Done in {}</source>
        <translation>Terminée en {}</translation>
    </message>
    <message>
        <source>Failed after {}</source>
        <translation>Échouée après {}</translation>
    </message>
    <message>
        <source>Cancelled after {}</source>
        <translation>Annulée après {}</translation>
    </message>
    <message>
        <source>Interrupted: its process ended after about {}</source>
        <translation>Interrompue : son processus s'est arrêté après {} environ</translation>
    </message>
    <message>
        <source>Fetch it from the internet</source>
        <translation>Le télécharger d'internet</translation>
    </message>
    <message>
        <source>Take an offline bundle</source>
        <translation>Prendre un lot hors ligne</translation>
    </message>
    <message>
        <source>Use a Python environment that exists</source>
        <translation>Utiliser un environnement Python existant</translation>
    </message>
    <message>
        <source>train models, tables and reports of accuracy</source>
        <translation>entraîner des modèles, tables et rapports d'exactitude</translation>
    </message>
    <message>
        <source>models made of transformers</source>
        <translation>modèles faits de transformeurs</translation>
    </message>
    <message>
        <source>Parts</source>
        <translation>Parties</translation>
    </message>
    <message>
        <source>Source</source>
        <translation>Source</translation>
    </message>
    <message>
        <source>Choose the folder that Build Offline Bundle wrote.</source>
        <translation>Choisir le dossier écrit par Construire un lot hors ligne.</translation>
    </message>
    <message>
        <source>Choose the program python of the environment.</source>
        <translation>Choisir le programme python de l'environnement.</translation>
    </message>
    <message>
        <source>no NVIDIA driver found</source>
        <translation>aucun pilote NVIDIA trouvé</translation>
    </message>
    <message>
        <source>for this Mac</source>
        <translation>pour ce Mac</translation>
    </message>
    <message>
        <source>NVIDIA graphics card (CUDA)</source>
        <translation>Carte graphique NVIDIA (CUDA)</translation>
    </message>
    <message>
        <source>Run models (detect, classify, find change)</source>
        <translation>Exécuter des modèles (détecter, classer, trouver des changements)</translation>
    </message>
    <message>
        <source>Nothing is installed: the environment is used as it is.</source>
        <translation>Rien n'est installé : l'environnement est utilisé tel quel.</translation>
    </message>
    <message>
        <source>{}{} GB are needed while it is installed; 2 to 8 GB stay.</source>
        <translation>{}Il faut {} Go pendant l'installation ; 2 à 8 Go restent occupés.</translation>
    </message>
    <message>
        <source>{} GB are needed there and {} GB are free: choose another folder.</source>
        <translation>Il y faut {} Go et {} Go sont libres : choisir un autre dossier.</translation>
    </message>
    <message>
        <source>NVIDIA driver {} found</source>
        <translation>pilote NVIDIA {} trouvé</translation>
    </message>
    <message>
        <source>Automatic ({})</source>
        <translation>Automatique ({})</translation>
    </message>
    <message>
        <source>{} GB are free there. </source>
        <translation>{} Go y sont libres. </translation>
    </message>
    <message>
        <source>Models run in an engine of their own: a Python environment beside QGIS, so that no package of QGIS is touched. It is installed once; upgrades of the plugin keep it.</source>
        <translation>Les modèles tournent dans un moteur à part : un environnement Python à côté de QGIS, si bien qu'aucun paquet de QGIS n'est touché. Il s'installe une fois ; les mises à jour de l'extension le gardent.</translation>
    </message>
    <message>
        <source>The engine is set up. Setting it up again proves that it computes, repairs what is broken, brings it into step with the plugin, and adds the parts that are checked.</source>
        <translation>Le moteur est installé. Le réinstaller prouve qu'il calcule, répare ce qui est cassé, l'accorde à l'extension et ajoute les parties cochées.</translation>
    </message>
    <message>
        <source>More options…</source>
        <translation>Plus d'options…</translation>
    </message>
    <message>
        <source>All parameters of the tool: proxy, certificates, mirror, Python</source>
        <translation>Tous les paramètres de l'outil : serveur mandataire, certificats, miroir, Python</translation>
    </message>
    <message>
        <source>Write a report…</source>
        <translation>Écrire un rapport…</translation>
    </message>
    <message>
        <source>Diagnose the Engine: what is known of this computer, to ask with</source>
        <translation>Diagnostiquer le moteur : ce qu'on sait de cet ordinateur, pour demander de l'aide</translation>
    </message>
    <message>
        <source>Set up</source>
        <translation>Installer</translation>
    </message>
    <message>
        <source>Later</source>
        <translation>Plus tard</translation>
    </message>
    <message>
        <source>Cancelling</source>
        <translation>Annulation</translation>
    </message>
    <message>
        <source>The engine works</source>
        <translation>Le moteur fonctionne</translation>
    </message>
    <message>
        <source>The engine was not set up</source>
        <translation>Le moteur n'a pas été installé</translation>
    </message>
    <message>
        <source>What was there before is unchanged, and what was fetched is kept for the next attempt.</source>
        <translation>Ce qui était là avant est inchangé, et ce qui a été téléchargé est gardé pour le prochain essai.</translation>
    </message>
    <message>
        <source>The deep learning engine</source>
        <translation>Le moteur d'apprentissage profond</translation>
    </message>
    <message>
        <source>Hide</source>
        <translation>Masquer</translation>
    </message>
    <message>
        <source>Close</source>
        <translation>Fermer</translation>
    </message>
    <message>
        <source>Setting up the engine</source>
        <translation>Installation du moteur</translation>
    </message>
    <message>
        <source>This takes some minutes. QGIS stays usable; hiding this window does not stop it.</source>
        <translation>Cela prend quelques minutes. QGIS reste utilisable ; masquer cette fenêtre n'arrête rien.</translation>
    </message>
    <message>
        <source>It proved itself by computing, after {} minutes.</source>
        <translation>Il a fait ses preuves en calculant, après {} minutes.</translation>
    </message>
    <message>
        <source>Starting</source>
        <translation>Démarrage</translation>
    </message>
</context>
</TS>
