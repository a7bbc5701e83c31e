# The browser demo:   docker build -t img2vox . && docker run --rm -p 127.0.0.1:7860:7860 img2vox
# The pipeline, in this clone:   docker run --rm -u "$(id -u):$(id -g)" -v "$PWD:/img2vox" img2vox dvc repro
FROM python:3.12-slim

# git and make for DVC and the Makefile, OpenGL for `render.engine: pyvista`.
RUN apt-get update \
    && apt-get install --yes --no-install-recommends git make libegl1 libgl1 \
    && rm -rf /var/lib/apt/lists/*

WORKDIR /img2vox
ENV PYTHONUNBUFFERED=1 TF_CPP_MIN_LOG_LEVEL=2 HOME=/tmp
# Before the code, so that editing it installs nothing again.
COPY requirements.lock ./
RUN pip install --no-cache-dir uv && uv pip install --system --no-cache -r requirements.lock
COPY . .
RUN uv pip install --system --no-cache --no-deps --editable . \
    && git config --system --add safe.directory /img2vox

RUN useradd --create-home img2vox && chown img2vox /img2vox
USER img2vox
EXPOSE 7860
CMD ["python", "-m", "app", "--host", "0.0.0.0"]
