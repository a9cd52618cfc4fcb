"""Lends the map to one drawing tool after another and gives it back to the tool that had it."""

from __future__ import annotations

from .drawing import DrawTool, ReshapeTool


class Pencil:
    """At most one drawing tool on a canvas."""

    def __init__(self, canvas):
        """Draw on a canvas."""
        self._canvas = canvas
        self._tool = self._before = None

    def draw(self, points, done):
        """Let the user draw a new shape.

        Args:
            points: Whether a point is wanted instead of a polygon.
            done: Called with the shape, in the CRS of the map.
        """
        tool = DrawTool(self._canvas, points)
        tool.drawn.connect(done)
        self._take(tool)

    def reshape(self, geometry, done):
        """Let the user move a shape or its corners until the pencil is put down.

        Args:
            geometry: The shape, in the CRS of the map.
            done: Called with each new shape.
        """
        tool = ReshapeTool(self._canvas, geometry)
        tool.reshaped.connect(done)
        self._take(tool)

    def put_down(self):
        """Give the map back."""
        tool, self._tool = self._tool, None
        if tool is None:
            return
        if self._canvas.mapTool() is tool:
            self._canvas.unsetMapTool(tool)
            if self._before is not None:
                self._canvas.setMapTool(self._before)
        self._before = None

    def _take(self, tool):
        """Give the map to a tool."""
        self.put_down()
        tool.given_up.connect(self.put_down)
        self._tool, self._before = tool, self._canvas.mapTool()
        self._canvas.setMapTool(tool)
        self._canvas.setFocus()
