# klagg in a container: it records, needs no root, and writes to /data alone. See docs/install.md.
#
#   docker build -t klagg .
#   docker run -d --name klagg --init --read-only --tmpfs /tmp --cap-drop ALL -v klagg:/data klagg record --venue coinbase
#   docker run --rm -it klagg demo

FROM python:3.13-slim-trixie AS build
# What `pip install klagg-tui[…]` has in brackets, such as [parquet].
ARG EXTRAS=""
WORKDIR /src
COPY pyproject.toml README.md LICENSE constraints.txt ./
COPY klagg_tui klagg_tui
COPY share share
RUN python -m venv /opt/klagg \
    && /opt/klagg/bin/python -m pip install --no-cache-dir --disable-pip-version-check pip==26.3 \
    && /opt/klagg/bin/python -m pip install --no-cache-dir --disable-pip-version-check \
        -c constraints.txt --build-constraint constraints.txt ".${EXTRAS}" \
    && /opt/klagg/bin/python -m pip uninstall --yes --quiet pip

FROM python:3.13-slim-trixie
RUN useradd --uid 10001 --home-dir /data --no-create-home --shell /usr/sbin/nologin klagg \
    && install --directory --owner=klagg --group=klagg --mode=0750 /data
COPY --from=build /opt/klagg /opt/klagg
ENV PATH=/opt/klagg/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    LANG=C.UTF-8 \
    HOME=/data \
    KLAGG_DB=/data/klagg.db \
    KLAGG_LOG_PATH=/data/log/klagg.log \
    XDG_CONFIG_HOME=/data/config \
    XDG_STATE_HOME=/data/state
VOLUME /data
WORKDIR /data
USER 10001:10001
EXPOSE 8787
STOPSIGNAL SIGTERM
# Healthy is: a klagg holds the database, and wrote to it within two minutes. A start takes up to five where much is to be fetched.
HEALTHCHECK --interval=30s --timeout=15s --start-period=5m --retries=3 CMD ["klagg", "doctor", "recorder"]
ENTRYPOINT ["klagg"]
CMD ["record"]
