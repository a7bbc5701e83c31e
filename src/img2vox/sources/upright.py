"""A mesh whose up is another axis, written anew with +Y up: what everything after `fetch` expects."""

import numpy as np

from img2vox.geometry.mesh import Mesh

UP_AXES = ("x", "y", "z")
OBJ_NAME, MTL_NAME = "model.obj", "model.mtl"
# The file's axis, and its sign, that becomes +X, +Y, +Z: turns by a quarter, so that no coordinate is rounded.
# Programs with Z up mostly have the front of an object toward -Y, which becomes +Z, toward the camera of azimuth 0.
_TURNS = {"x": ((1, -1), (0, 1), (2, 1)), "y": ((0, 1), (1, 1), (2, 1)), "z": ((0, 1), (2, 1), (1, -1))}


def turn_upright(mesh: Mesh, up_axis: str) -> Mesh:
    """The mesh turned so that the axis that was up is +Y.

    Args:
        mesh: in the file's own frame.
        up_axis: x, y or z of that frame.
    """
    columns, signs = zip(*_TURNS[up_axis], strict=True)
    turned = mesh.vertices[:, columns] * np.asarray(signs, dtype=np.float64) + 0.0  # no -0.0
    return Mesh(turned, mesh.faces, mesh.grays)


def write_obj(mesh: Mesh) -> tuple[bytes, bytes]:
    """OBJ and MTL file of a mesh, materials named after their gray; coordinates to the last bit, faces in their order.

    The OBJ names the MTL as MTL_NAME. Equal meshes give equal bytes.
    """
    lines = [f"mtllib {MTL_NAME}"]
    lines += [f"v {x!r} {y!r} {z!r}" for x, y, z in mesh.vertices.tolist()]
    painted = -1
    for gray, (a, b, c) in zip(mesh.grays.tolist(), (mesh.faces + 1).tolist(), strict=True):
        if gray != painted:
            lines.append(f"usemtl gray{gray}")
            painted = gray
        lines.append(f"f {a} {b} {c}")
    materials = []
    for gray in np.unique(mesh.grays).tolist():
        value = f"{gray / 255:.6f}"
        materials += [f"newmtl gray{gray}", f"Kd {value} {value} {value}"]
    return ("\n".join(lines) + "\n").encode("ascii"), ("\n".join(materials) + "\n").encode("ascii")
