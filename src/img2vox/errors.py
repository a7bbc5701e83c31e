"""The exceptions that img2vox raises on purpose.

    Img2VoxError
    |-- ParamsError     params.yaml: a key or a value
    |-- SourceError     where the meshes come from
    |-- MeshError       one mesh
    |-- ImageError      one picture
    |-- RenderError     a rendering engine that is missing on this machine, or that failed
    |-- BundleError     arrays and tables between stages
    |-- NetworkError    a network file, or a training that cannot go on
    |-- PipelineError   stages that DVC could not run
    `-- RegistryError   MLflow's store and registry

Each message names the file, what was found, what was expected and what to do. The command line and the app
show it as it stands; anything else that is raised is a bug and shows as one.
"""


class Img2VoxError(Exception):
    """Base of all errors that are ours to explain."""


class ParamsError(Img2VoxError):
    """A key or a value of params.yaml."""


class SourceError(Img2VoxError):
    """A data source that is missing, incomplete or not what it says."""


class MeshError(Img2VoxError):
    """One mesh that cannot be read, normalized or voxelized."""


class ImageError(Img2VoxError):
    """One picture that cannot be used."""


class RenderError(Img2VoxError):
    """A rendering engine that is missing on this machine, or that failed."""


class BundleError(Img2VoxError):
    """An archive, array or table between two stages that is not what the next one needs."""


class NetworkError(Img2VoxError):
    """A network file that does not fit, or a training that cannot go on."""


class PipelineError(Img2VoxError):
    """Stages that DVC could not run, or a request for them that makes no sense."""


class RegistryError(Img2VoxError):
    """MLflow's store or registry."""
