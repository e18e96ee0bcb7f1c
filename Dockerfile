# syntax=docker/dockerfile:1
# One service in one container: `payrunbot serve`, as nobody in particular, with its
# database in the volume /data and its settings mounted at /etc/payrunbot/bot.yaml.
#
# The release resolves the base to a digest (.github/workflows/release.yml). Any image of Debian's
# kind with Python 3.11 or newer as python3, its venv and ca-certificates will do.
ARG PYTHON_IMAGE=python:3.13-slim-bookworm

FROM ${PYTHON_IMAGE} AS build
# For builds behind a mirror of PyPI; what is installed is what the locks' hashes say all the same.
ARG PIP_INDEX_URL
ARG PIP_EXTRA_INDEX_URL
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
WORKDIR /src
COPY requirements-build.lock requirements-run.lock ./
RUN python3 -m venv /opt/build \
    && /opt/build/bin/python -m pip install --require-hashes --only-binary :all: -r requirements-build.lock \
    && python3 -m venv --without-pip /opt/payrunbot \
    && /opt/build/bin/python -m pip --python /opt/payrunbot install \
        --require-hashes --only-binary :all: -r requirements-run.lock
COPY pyproject.toml README.md LICENSE ./
COPY bot ./bot
COPY rules ./rules
COPY templates ./templates
COPY image ./image
RUN /opt/build/bin/hatchling build -t wheel -d /dist \
    && /opt/build/bin/python -m pip --python /opt/payrunbot install --no-deps /dist/*.whl \
    && find /opt/payrunbot/bin -type f ! -name payrunbot -delete \
    && python3 image/root.py /opt/payrunbot /root-fs /src/packages.json \
    && /opt/build/bin/python image/lists.py /opt/payrunbot/bin/python /root-fs/usr/share/doc/payrunbot packages.json

# What image/root.py lists, and nothing else: no shell, no package manager, no pip.
FROM scratch
COPY --from=build /root-fs /
ENV PATH=/opt/payrunbot/bin \
    LANG=C.UTF-8 \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt \
    PAYRUNBOT_CONFIG=/etc/payrunbot/bot.yaml
USER 10001:10001
VOLUME /data
WORKDIR /data
EXPOSE 8080
# Where `http.listen` names another port, so should this.
HEALTHCHECK --interval=30s --timeout=5s --start-period=20s \
    CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8080/healthz', timeout=4)"]
# SIGTERM is answered within 25 s.
STOPSIGNAL SIGTERM
CMD ["payrunbot", "serve"]
