"""Runs inside Blender: one folder with mesh.npz and job.json in, one PNG a view out. See blender_engine.py.

Only what Blender brings is imported. Colours pass through unconverted (view transform Raw), since the project's light
formula works on stored gray values; Cycles' own grays then agree with those of the other engines.
"""

import json
import math
import sys
from pathlib import Path
from typing import Any

import bpy
import numpy as np
from mathutils import Matrix, Vector

_GRAY = "gray"  # attribute of each triangle


def main(folder: Path) -> None:
    """Render every view of the job in a folder."""
    job = json.loads((folder / "job.json").read_text(encoding="utf-8"))
    bpy.ops.wm.read_factory_settings(use_empty=True)
    scene = bpy.context.scene
    with np.load(folder / "mesh.npz", allow_pickle=False) as arrays:
        _add_mesh(scene, arrays["vertices"], arrays["faces"], arrays["grays"], job["ambient"])
    camera = _add_camera(scene, job["fov"])
    _add_sun(scene, camera, job["headlight"], (0.0, 0.0, 1.0))
    _add_sun(scene, camera, job["key"], job["key_direction"])
    _set_up_cycles(scene, job["image_size"], job["samples"])
    for number, matrix in enumerate(job["cameras"]):
        camera.matrix_world = Matrix(matrix)
        distance = camera.matrix_world.translation.length
        camera.data.clip_start, camera.data.clip_end = distance * 1e-3, distance * 1e3
        scene.render.filepath = str(folder / f"{number:03d}.png")
        bpy.ops.render.render(write_still=True)


def _add_mesh(scene: Any, vertices: Any, faces: Any, grays: Any, ambient: float) -> None:
    mesh = bpy.data.meshes.new("mesh")
    mesh.vertices.add(len(vertices))
    mesh.vertices.foreach_set("co", vertices.ravel())
    mesh.loops.add(faces.size)
    mesh.loops.foreach_set("vertex_index", faces.ravel())
    mesh.polygons.add(len(faces))
    mesh.polygons.foreach_set("loop_start", np.arange(0, faces.size, 3, dtype=np.int32))
    mesh.attributes.new(_GRAY, "FLOAT", "FACE").data.foreach_set("value", grays)
    mesh.update(calc_edges=True)
    mesh.shade_flat()
    mesh.materials.append(_new_material(ambient))
    scene.collection.objects.link(bpy.data.objects.new("mesh", mesh))


def _new_material(ambient: float) -> Any:
    """Lambert's diffuse surface of the triangle's gray, which also glows with the ambient share of it."""
    material = bpy.data.materials.new("gray")
    material.use_nodes = True
    tree = material.node_tree
    tree.nodes.clear()
    gray, diffuse, glow, both, out = (
        tree.nodes.new(f"ShaderNode{name}")
        for name in ("Attribute", "BsdfDiffuse", "Emission", "AddShader", "OutputMaterial")
    )
    gray.attribute_name = _GRAY
    glow.inputs["Strength"].default_value = ambient
    tree.links.new(gray.outputs["Color"], diffuse.inputs["Color"])
    tree.links.new(gray.outputs["Color"], glow.inputs["Color"])
    tree.links.new(diffuse.outputs["BSDF"], both.inputs[0])
    tree.links.new(glow.outputs["Emission"], both.inputs[1])
    tree.links.new(both.outputs["Shader"], out.inputs["Surface"])
    return material


def _add_camera(scene: Any, fov: float) -> Any:
    data = bpy.data.cameras.new("camera")
    data.sensor_fit = "VERTICAL"
    data.angle = fov
    camera = bpy.data.objects.new("camera", data)
    scene.collection.objects.link(camera)
    scene.camera = camera
    return camera


def _add_sun(scene: Any, camera: Any, strength: float, direction: Any) -> None:
    """A sun that keeps its place in the camera's frame; direction points to it."""
    data = bpy.data.lights.new("sun", "SUN")
    data.energy = strength * math.pi  # a white Lambert surface reflects 1 / pi of what falls on it
    data.angle = 0.0
    data.use_shadow = False
    sun = bpy.data.objects.new("sun", data)
    sun.parent = camera
    sun.rotation_euler = Vector(direction).to_track_quat("Z", "Y").to_euler()
    scene.collection.objects.link(sun)


def _set_up_cycles(scene: Any, image_size: int, samples: int) -> None:
    scene.render.engine = "CYCLES"
    cycles = scene.cycles
    cycles.device = "CPU"
    cycles.samples = samples
    cycles.seed = 0
    cycles.use_adaptive_sampling = False
    cycles.use_denoising = False
    cycles.max_bounces = 0  # direct light only, as the other engines have it
    cycles.pixel_filter_type = "BOX"
    render = scene.render
    render.resolution_x = render.resolution_y = image_size
    render.resolution_percentage = 100
    render.film_transparent = True
    render.dither_intensity = 0.0
    render.use_persistent_data = True  # the mesh is built once for all views
    render.image_settings.file_format = "PNG"
    render.image_settings.color_mode = "RGBA"
    render.image_settings.color_depth = "8"
    scene.view_settings.view_transform = "Raw"


if __name__ == "__main__":
    main(Path(sys.argv[-1]))
