"""An exported SVG as a ruler sees it."""

import re
from xml.etree import ElementTree

import numpy as np

POINT_MM = 25.4 / 72
SVG = "{http://www.w3.org/2000/svg}"


def groups(path):
    """gid -> polyline in mm, upwards positive, of every drawn path."""
    root = ElementTree.parse(path).getroot()
    height = float(root.get("viewBox").split()[3])
    found = {}
    for group in root.iter(f"{SVG}g"):
        paths = group.findall(f"{SVG}path")
        if group.get("id") and paths:
            numbers = [float(v) for v in re.findall(r"-?\d+\.?\d*(?:e-?\d+)?", paths[0].get("d"))]
            points = np.array(numbers).reshape(-1, 2) * POINT_MM
            found[group.get("id")] = np.column_stack((points[:, 0], height * POINT_MM - points[:, 1]))
    return root, found
