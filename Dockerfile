# syntax=docker/dockerfile:1
# One service in one container: `payrunbot serve`, as nobody in particular, with its
# database in the volume /data and its settings mounted at /etc/payrunbot/bot.yaml.
ARG PYTHON_IMAGE=python:3.13-slim-bookworm

FROM ${PYTHON_IMAGE} AS build
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
WORKDIR /src
RUN python -m venv /opt/payrunbot
COPY requirements-run.lock ./
RUN /opt/payrunbot/bin/pip install --require-hashes -r requirements-run.lock
COPY pyproject.toml README.md ./
COPY bot ./bot
COPY rules ./rules
COPY templates ./templates
# setuptools builds the package here only; the image that runs has no use for it.
COPY requirements.lock ./
RUN python -m venv /opt/build \
    && /opt/build/bin/pip install --require-hashes -r requirements.lock \
    && /opt/build/bin/pip wheel --no-deps --no-build-isolation --wheel-dir /dist . \
    && /opt/payrunbot/bin/pip install --no-deps /dist/*.whl

FROM ${PYTHON_IMAGE}
RUN useradd --uid 10001 --no-create-home --shell /usr/sbin/nologin payrunbot \
    && install -d -o payrunbot -g payrunbot /data
COPY --from=build /opt/payrunbot /opt/payrunbot
ENV PATH=/opt/payrunbot/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PAYRUNBOT_CONFIG=/etc/payrunbot/bot.yaml
USER payrunbot
VOLUME /data
WORKDIR /data
EXPOSE 8080
HEALTHCHECK --interval=30s --timeout=5s --start-period=20s \
    CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8080/healthz', timeout=4)"]
# SIGTERM is answered within 25 s.
STOPSIGNAL SIGTERM
CMD ["payrunbot", "serve"]
