"""Lends the map to one drawing tool after another and gives it back to the tool that had it."""

from __future__ import annotations

from .drawing import DrawTool, ReshapeTool


class Pencil:
    """At most one drawing tool on a canvas."""

    def __init__(self, canvas):
        """Draw on a canvas."""
        self._canvas = canvas
        self._tool = self._before = None

    def draw(self, points, done, ended):
        """Let the user draw a new shape.

        Args:
            points: Whether a point is wanted instead of a polygon.
            done: Called with the shape, in the CRS of the map.
            ended: Called when the user gives up.
        """
        tool = DrawTool(self._canvas, points)
        tool.drawn.connect(done)
        self._take(tool, ended)

    def reshape(self, geometry, done, ended):
        """Let the user move a shape or its corners until the pencil is put down.

        Args:
            geometry: The shape, in the CRS of the map.
            done: Called with each new shape.
            ended: Called when the user has done with it.
        """
        tool = ReshapeTool(self._canvas, geometry)
        tool.reshaped.connect(done)
        self._take(tool, ended)

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

    def _take(self, tool, ended):
        """Give the map to a tool."""
        self.put_down()
        tool.given_up.connect(self.put_down)
        tool.given_up.connect(ended)
        self._tool, self._before = tool, self._canvas.mapTool()
        self._canvas.setMapTool(tool)
        self._canvas.setFocus()
