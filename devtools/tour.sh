#!/bin/sh
# The GUI tour: a real QGIS on a virtual screen opens every pane and every tool's dialog; devtools/tour.py drives it.
#   ./dev tour [WIDTHxHEIGHT]        pictures and tour.json go to dist/tour/host
#   ./dev tour run [OPTIONS]         also runs every tool from its dialog: tour_of_runs, pictures in dist/tour/runs
# The profile with the plugin is named by QGIS_CUSTOM_CONFIG_PATH, as ./dev sets it.
set -eu

ROOT=$(cd "$(dirname "$0")/.." && pwd -P)
if [ "${1:-}" = run ]; then
    shift
    exec "$ROOT/.venv-engine/bin/python" -m devtools.tour_of_runs "$@"
fi
TOUR_FOLDER=$ROOT/dist/tour/host
TOUR_PROFILE=$(mktemp -d)
trap 'rm -rf "$TOUR_PROFILE"' EXIT
for program in xvfb-run xauth; do
    command -v $program >/dev/null || { echo "tour: $program is missing (Debian: apt-get install -y xvfb xauth)" >&2; exit 1; }
done
# Debian 12's script qgis hands on an option that the program does not know; the program itself is fine.
QGIS_PROGRAM=$(command -v qgis.bin || command -v qgis) || { echo "tour: qgis is not on the PATH" >&2; exit 1; }
rm -rf "$TOUR_FOLDER"
mkdir -p "$TOUR_FOLDER"
cp -a "$QGIS_CUSTOM_CONFIG_PATH/." "$TOUR_PROFILE" # what a tour does to the settings stays in the copy
export TOUR_FOLDER QGIS_CUSTOM_CONFIG_PATH="$TOUR_PROFILE"
status=0
env -u QT_QPA_PLATFORM timeout 300 xvfb-run -a -s "-screen 0 ${1:-1366x768}x24" \
    "$QGIS_PROGRAM" --noversioncheck --nologo --code "$ROOT/devtools/tour.py" >"$TOUR_FOLDER/qgis.log" 2>&1 || status=$?
if [ ! -s "$TOUR_FOLDER/tour.json" ]; then
    echo "tour: QGIS ended with code $status before the tour did; its last words:" >&2
    tail -n 15 "$TOUR_FOLDER/qgis.log" >&2
    exit 1
fi
exec /usr/bin/python3 "$ROOT/devtools/tour_report.py" "$TOUR_FOLDER/tour.json"
