"""The pane Review Detections, driven by real key and mouse events."""

import pytest
from qgis.core import (
    QgsExpression,
    QgsFeature,
    QgsGeometry,
    QgsPointXY,
    QgsProject,
    QgsRectangle,
    QgsSymbol,
    QgsSymbolLayer,
    QgsVectorLayer,
)
from qgis.PyQt.QtCore import QPoint, Qt, QTimer
from qgis.PyQt.QtTest import QTest
from qgis.PyQt.QtWidgets import QApplication

from imagery_deep_learning.gui.review.pane import ReviewPane

from .review_layers import LEFT, TOP, box, states, write_results

pytestmark = pytest.mark.qgis


@pytest.fixture
def layer(qgis_new_project, tmp_path):
    """Return five results in the project."""
    made = write_results(tmp_path / "found.gpkg")
    QgsProject.instance().addMapLayer(made)
    QgsProject.instance().setCrs(made.crs())
    return made


@pytest.fixture
def open_pane(qgis_iface, qgis_canvas):
    """Return a function that opens the pane beside the map."""
    panes = []
    window = qgis_canvas.parent()
    window.resize(900, 700)
    window.show()
    qgis_canvas.resize(600, 600)

    def make():
        pane = ReviewPane(qgis_iface)
        panes.append(pane)
        pane.show()
        QApplication.setActiveWindow(window)
        qgis_canvas.setFocus()
        return pane

    yield make
    for pane in panes:
        pane.close_down()
        pane.deleteLater()


@pytest.fixture
def pane(open_pane, layer, qgis_canvas):
    """Return the pane with a review of the layer begun."""
    made = open_pane()
    made.layer_choice.choose(layer)
    QTest.mouseClick(made.layer_choice.begin, Qt.LeftButton)
    qgis_canvas.setDestinationCrs(layer.crs())
    return made


def press(canvas, *keys):
    """Press keys in the map."""
    for key in keys:
        QTest.keyClick(canvas, key)


def spot(canvas, x, y):
    """Return where a place on the map is on the screen."""
    at = canvas.getCoordinateTransform().transform(QgsPointXY(x, y))
    return QPoint(round(at.x()), round(at.y()))


def drag(canvas, start, end):
    """Drag the mouse over the map."""
    view = canvas.viewport()
    QTest.mousePress(view, Qt.LeftButton, Qt.NoModifier, start)
    QTest.mouseMove(view, (start + end) / 2)
    QTest.mouseMove(view, end)
    QTest.mouseRelease(view, Qt.LeftButton, Qt.NoModifier, end)


def test_choosing_a_layer_changes_nothing_before_the_review_is_started(open_pane, layer):
    """Four fields are added by the button, not by a look."""
    pane = open_pane()
    pane.layer_choice.choose(layer)
    assert "review" not in layer.fields().names()
    assert not pane.tabs.isEnabled()
    QTest.mouseClick(pane.layer_choice.begin, Qt.LeftButton)
    assert layer.fields().names()[-4:] == ["review", "orig_class", "orig_value", "orig_shape"]
    assert pane.tabs.isEnabled()


def test_keys_decide_and_go_on(pane, layer, qgis_canvas):
    """A whole loop without the mouse: accept, reject, another class, skip, back, undo."""
    assert pane.stepper.current == 1
    press(qgis_canvas, Qt.Key_A, Qt.Key_R, Qt.Key_2, Qt.Key_Right)
    assert states(layer) == {1: "accepted", 2: "rejected", 3: "relabelled", 4: None, 5: None}
    assert pane.stepper.current == 5
    press(qgis_canvas, Qt.Key_Left)
    assert pane.stepper.current == 4
    press(qgis_canvas, Qt.Key_Z)
    assert pane.stepper.current == 3
    assert states(layer)[3] is None
    assert "2 of 5 reviewed" in pane.page.count.text()


def test_buttons_decide_too(pane, layer):
    """With the mouse alone."""
    QTest.mouseClick(pane.page.buttons["accept"], Qt.LeftButton)
    QTest.mouseClick(pane.page.buttons["skip"], Qt.LeftButton)
    QTest.mouseClick(pane.page.buttons["reject"], Qt.LeftButton)
    pane.page.menu.actions()[0].trigger()
    assert states(layer) == {1: "accepted", 2: None, 3: "rejected", 4: "relabelled", 5: None}
    QTest.mouseClick(pane.page.buttons["undo"], Qt.LeftButton)
    assert states(layer)[4] is None


def test_each_result_is_in_the_middle_with_ground_around_it(pane, qgis_canvas):
    """Six times its size, or as chosen."""
    assert qgis_canvas.extent().center().distance(box(0).center()) < 0.1
    assert qgis_canvas.extent().height() == pytest.approx(48, rel=0.1)
    press(qgis_canvas, Qt.Key_Right)
    assert qgis_canvas.extent().center().distance(box(1).center()) < 0.1


def test_skipped_results_come_again_and_the_end_is_told(pane, qgis_canvas):
    """Nothing is lost by skipping."""
    press(qgis_canvas, Qt.Key_Right, Qt.Key_A, Qt.Key_A, Qt.Key_A, Qt.Key_A)
    assert pane.stepper.current == 1
    press(qgis_canvas, Qt.Key_Space)
    assert pane.stepper.current == 1
    press(qgis_canvas, Qt.Key_A)
    assert pane.stepper.current is None
    assert pane.page.title.text() == "Nothing left to review"
    assert not pane.page.buttons["accept"].isEnabled()


def test_a_rectangle_is_redrawn_by_a_drag(pane, layer, qgis_canvas):
    """The new shape replaces the old one, which is kept."""
    before = qgis_canvas.mapTool()
    press(qgis_canvas, Qt.Key_D)
    middle = box(0).center()
    drag(
        qgis_canvas,
        spot(qgis_canvas, middle.x() - 6, middle.y() + 6),
        spot(qgis_canvas, middle.x() + 2, middle.y() - 3),
    )
    drawn = layer.getFeature(1).geometry().boundingBox()
    assert (drawn.width(), drawn.height()) == (pytest.approx(8, abs=0.2), pytest.approx(9, abs=0.2))
    assert states(layer)[1] == "redrawn"
    assert pane.stepper.current == 1
    assert qgis_canvas.mapTool() is before
    press(qgis_canvas, Qt.Key_A)
    assert states(layer)[1] == "redrawn"
    assert pane.stepper.current == 2


def test_a_polygon_is_drawn_corner_by_corner(pane, layer, qgis_canvas):
    """Clicks set corners, Backspace takes one back, a right click ends; Esc gives up."""
    view, middle = qgis_canvas.viewport(), box(0).center()
    press(qgis_canvas, Qt.Key_D)
    corners = [(-5, -5), (5, -5), (9, 9), (5, 5)]
    for x, y in corners[:3]:
        QTest.mouseClick(view, Qt.LeftButton, Qt.NoModifier, spot(qgis_canvas, middle.x() + x, middle.y() + y))
    press(qgis_canvas, Qt.Key_Backspace)
    x, y = corners[3]
    QTest.mouseClick(view, Qt.LeftButton, Qt.NoModifier, spot(qgis_canvas, middle.x() + x, middle.y() + y))
    QTest.mouseClick(view, Qt.RightButton, Qt.NoModifier, spot(qgis_canvas, middle.x(), middle.y()))
    assert layer.getFeature(1).geometry().area() == pytest.approx(50, rel=0.05)

    press(qgis_canvas, Qt.Key_D)
    QTest.mouseClick(view, Qt.LeftButton, Qt.NoModifier, QPoint(50, 50))
    press(qgis_canvas, Qt.Key_Escape)
    assert layer.getFeature(1).geometry().area() == pytest.approx(50, rel=0.05)


def test_a_shape_is_moved_and_a_corner_dragged(pane, layer, qgis_canvas):
    """From inside the whole moves, at a corner that corner does; both are taken back one by one."""
    press(qgis_canvas, Qt.Key_E)
    middle = box(0).center()
    drag(qgis_canvas, spot(qgis_canvas, middle.x(), middle.y()), spot(qgis_canvas, middle.x() + 3, middle.y()))
    assert layer.getFeature(1).geometry().boundingBox().xMinimum() == pytest.approx(box(0).xMinimum() + 3, abs=0.2)
    right, top = box(0).xMaximum() + 3, box(0).yMaximum()
    drag(qgis_canvas, spot(qgis_canvas, right, top), spot(qgis_canvas, right + 4, top + 4))
    assert layer.getFeature(1).geometry().boundingBox().width() == pytest.approx(12, abs=0.3)
    press(qgis_canvas, Qt.Key_Return, Qt.Key_Z, Qt.Key_Z)
    assert layer.getFeature(1).geometry().boundingBox() == box(0)
    assert states(layer)[1] is None


def test_a_missed_object_is_added(pane, layer, qgis_canvas):
    """It has the class that is looked at, a number key changes it, and the review goes on where it was."""
    press(qgis_canvas, Qt.Key_N)
    drag(qgis_canvas, QPoint(40, 40), QPoint(140, 120))
    assert states(layer)[6] == "added"
    assert layer.getFeature(6)["Class"] == "tree"
    assert pane.stepper.current == 6
    press(qgis_canvas, Qt.Key_2)
    assert (layer.getFeature(6)["Class"], states(layer)[6]) == ("car", "added")
    assert pane.stepper.current == 1
    assert "1 added" in pane.page.count.text()


def test_the_review_goes_on_at_the_first_result_that_is_open(pane, open_pane, layer, qgis_canvas):
    """A pane opened later needs no button: the fields are there."""
    press(qgis_canvas, Qt.Key_A, Qt.Key_A, Qt.Key_R)
    pane.hide()
    later = open_pane()
    assert later.layer_choice.layers.currentLayer() is layer
    assert later.stepper.current == 4
    assert not later.layer_choice.begin.isVisible()


def test_the_threshold_counts_and_filters(pane, layer):
    """At 0.50 two results do not count, by slider or number."""
    pane.page.slider.setValue(50)
    assert pane.page.threshold.value() == 0.5
    QTest.qWait(400)
    assert pane.page.count.text() == "0 of 3 reviewed at or above 0.50, of 5"
    rows = [[pane.page.table.topLevelItem(row).text(column) for column in (1, 2)] for row in range(2)]
    assert rows == [["tree", "2"], ["car", "1"]]


def test_a_new_class_gets_a_key_and_a_colour(pane, layer, qgis_canvas):
    """It is written to the result that was looked at."""
    pane.add_class("bush", 7)
    assert [layer.getFeature(1)[name] for name in ("Class", "Classvalue", "orig_class")] == ["bush", 7, "tree"]
    press(qgis_canvas, Qt.Key_3)
    assert layer.getFeature(2)["Class"] == "bush"
    shown = {category.value() for category in layer.renderer().categories()}
    assert "bush" in shown


def test_the_class_is_chosen_from_a_menu(pane, layer, qgis_canvas):
    """L opens it, the arrows and Enter choose."""
    menu = pane.page.menu

    def choose():
        assert [action.text() for action in menu.actions() if action.text()] == ["tree\t1", "car\t2", "New class…"]
        for key in (Qt.Key_Down, Qt.Key_Down, Qt.Key_Return):
            QTest.keyClick(menu, key)

    QTimer.singleShot(300, choose)
    press(qgis_canvas, Qt.Key_L)
    assert layer.getFeature(1)["Class"] == "car"
    assert pane.stepper.current == 2


def test_only_one_class_is_shown_when_it_is_chosen(pane, qgis_canvas):
    """The other is not stepped through."""
    pane.page.class_name.setCurrentIndex(2)
    pane.page.class_name.activated.emit(2)
    assert pane.stepper.current == 2
    press(qgis_canvas, Qt.Key_A)
    assert pane.stepper.current == 4


def test_a_cleared_decision_is_open_again(pane, layer, qgis_canvas):
    """C makes the current result as it was found."""
    press(qgis_canvas, Qt.Key_2, Qt.Key_Left, Qt.Key_C)
    assert (layer.getFeature(1)["Class"], states(layer)[1]) == ("tree", None)
    assert pane.stepper.current == 1


def test_letters_in_a_field_stay_letters(pane, layer):
    """Typing a threshold decides nothing."""
    pane.page.threshold.setFocus()
    edit = pane.page.threshold.lineEdit()
    QTest.keyClick(edit, Qt.Key_A)
    QTest.keyClick(edit, Qt.Key_2)
    assert states(layer)[1] is None


def test_keys_are_given_back_when_the_pane_is_closed(pane, layer, qgis_canvas):
    """A in the map is nobody's then."""
    pane.hide()
    press(qgis_canvas, Qt.Key_A)
    assert states(layer)[1] is None


def test_a_layer_that_leaves_the_project_ends_the_review(pane, layer, qgis_canvas):
    """Keys do nothing then, and nothing breaks."""
    QgsProject.instance().removeMapLayer(layer.id())
    assert pane.store is None
    press(qgis_canvas, Qt.Key_A)


def test_the_fields_of_the_review_are_shown_while_it_goes_on(pane):
    """The boxes still name them when the layer got its new fields, and another field changes only its own part."""
    pane.layer_choice.show_fields.click()
    boxes = pane.layer_choice.fields
    assert {role: box.currentField() for role, box in boxes.items()} == {
        "class_name": "Class",
        "class_value": "Classvalue",
        "confidence": "Confidence",
        "entropy": "",
    }
    boxes["confidence"].setField("")
    assert (pane.store.fields.class_name, pane.store.fields.confidence) == ("Class", "")


def test_the_layer_that_takes_the_place_of_a_removed_one_can_be_reviewed(pane, layer, tmp_path):
    """The box shows it without a word of QGIS, and the button to start is there."""
    other = write_results(tmp_path / "other.gpkg")
    QgsProject.instance().addMapLayer(other)
    QgsProject.instance().removeMapLayer(layer.id())
    assert pane.layer_choice.layers.currentLayer() is other
    assert pane.layer_choice.begin.isVisibleTo(pane)
    QTest.mouseClick(pane.layer_choice.begin, Qt.LeftButton)
    assert pane.store.layer is other


@pytest.mark.parametrize("what", ["accept", "reject", "clear", "relabel", "redraw", "look", "reshape"])
def test_a_result_that_somebody_else_deleted_is_told(pane, layer, what):
    """The review goes on with the next one."""
    fid = pane.stepper.current
    assert QgsVectorLayer(layer.source(), "theirs", "ogr").dataProvider().deleteFeatures([fid])
    shape = QgsGeometry.fromRect(box(9))
    acts = {
        "relabel": lambda: pane.label(1),
        "redraw": lambda: pane._try(pane._redrawn, shape),
        "look": lambda: pane.page.context.activated.emit(0),
    }
    acts.get(what, lambda: pane.act(what))()
    assert f"esult {fid} is not in found any more" in pane.warning.text()
    pane.act("skip")
    assert pane.stepper.current not in (None, fid)
    pane.act("accept")
    assert pane.warning.isHidden()


def test_a_field_of_the_review_that_was_deleted_is_told(pane, layer):
    """A table that somebody has tidied up needs the layer to be chosen again."""
    layer.startEditing()
    layer.deleteAttribute(layer.fields().indexOf("review"))
    for what in ("accept", "skip"):
        pane.act(what)
        assert "field review is not in found any more" in pane.warning.text()
    layer.rollBack()


def test_a_temporary_layer_is_reviewed_in_a_copy(open_pane, qgis_new_project, tmp_path):
    """The sentence says why, the button makes the copy and begins."""
    QgsProject.instance().setFileName(str(tmp_path / "project.qgz"))
    memory = QgsVectorLayer("Polygon?crs=EPSG:32633&field=Class:string&field=Confidence:double", "scratch", "memory")
    QgsProject.instance().addMapLayer(memory)
    memory.startEditing()
    feature = QgsFeature(memory.fields())
    feature.setGeometry(QgsGeometry.fromRect(QgsRectangle(LEFT, TOP, LEFT + 5, TOP + 5)))
    feature.setAttributes(["tree", 0.5])
    memory.addFeature(feature)
    memory.commitChanges()
    pane = open_pane()
    pane.layer_choice.choose(memory)
    assert "gone when QGIS closes" in pane.layer_choice.said.text()
    QTest.mouseClick(pane.layer_choice.copy, Qt.LeftButton)
    assert pane.store.layer.source().endswith("scratch_review.gpkg")
    assert pane.stepper.current == 1


def test_the_map_shows_what_was_decided(pane, layer, qgis_canvas):
    """Rejected results and open ones below the threshold are faded; what is open is dashed."""
    press(qgis_canvas, Qt.Key_R, Qt.Key_A)
    pane.page.threshold.setValue(0.5)
    QTest.qWait(400)
    categories = layer.renderer().categories()
    symbol = categories[0].symbol().clone()
    opacity = symbol.dataDefinedProperties().property(QgsSymbol.PropertyOpacity).asExpression()
    rim = symbol.symbolLayer(0).dataDefinedProperties().property(QgsSymbolLayer.PropertyStrokeStyle).asExpression()
    context = layer.createExpressionContext()
    found = {}
    for feature in layer.getFeatures():
        context.setFeature(feature)
        found[feature.id()] = [QgsExpression(one).evaluate(context) for one in (opacity, rim)]
    assert found == {1: [22, "solid"], 2: [100, "solid"], 3: [100, "dash"], 4: [8, "dash"], 5: [8, "dash"]}
