# The receiver without its tests, development packages and embedded Postgres. It needs DATABASE_URL and writes no file. It
# runs with a read-only root, without capabilities and as any user: docs/deployment.md.

FROM node:24.21.0-trixie-slim AS packages
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
# Optional packages are Node itself and the embedded Postgres, for machines that have neither.
RUN npm ci --omit=dev --omit=optional --ignore-scripts --cache=/tmp/npm-cache
COPY deploy/third-party-notices.ts deploy/
RUN node deploy/third-party-notices.ts node_modules > THIRD-PARTY-NOTICES
# The page needs three modules of these two packages: src/page/packages.ts.
RUN cd node_modules && \
    rm -rf preact/compat preact/debug preact/devtools preact/jsx-runtime preact/src preact/test-utils preact/hooks/src && \
    rm -rf htm/mini htm/preact htm/react htm/src && \
    find preact htm -type f '(' -name '*.map' -o -name '*.d.ts' -o -name '*.umd.js' ')' -delete

# Compiles the program once here, since compiling is half of every start. Node uses its cache only with the same path, user
# and flags: the first line has those that serve gives itself (src/lib/heap.ts), the second is for the health check.
FROM packages AS compiled
COPY migrations migrations
COPY src src
USER 10001:10001
ENV NODE_COMPILE_CACHE=/tmp/compiled
RUN node --max-semi-space-size=8 --heap-growing-percent=50 --initial-old-space-size=32 --input-type=module \
      --eval "await import('/app/src/commands/serve.ts')" && \
    node --input-type=module --eval "await import('/app/src/commands/healthcheck.ts')" && \
    chmod -R a+rX /tmp/compiled

FROM node:24.21.0-trixie-slim
ARG REVISION=""
LABEL org.opencontainers.image.title="resurs-callback-receiver" \
      org.opencontainers.image.description="Receives Resurs Bank payment callbacks, stores each event once, delivers it to the merchant" \
      org.opencontainers.image.version="0.2.0" \
      org.opencontainers.image.licenses="MIT" \
      org.opencontainers.image.base.name="node:24.21.0-trixie-slim" \
      org.opencontainers.image.revision="${REVISION}"
# Two arenas: memory that many threads have freed returns to the system only arena by arena. A fixed threshold: blocks
# above 4 MiB (a fingerprint needs 16) return at once, where malloc would otherwise keep the next one for ever.
ENV NODE_ENV=production NODE_COMPILE_CACHE=/app/compiled MALLOC_ARENA_MAX=2 MALLOC_MMAP_THRESHOLD_=4194304
# Nothing is installed here, so npm and yarn, whose packages scanners report, are not in the image.
RUN rm -rf /usr/local/lib/node_modules /opt/yarn-* && cd /usr/local/bin && rm -f npm npx corepack yarn yarnpkg
WORKDIR /app
# Rarely changed layers come first, so that an update of the program transfers few bytes.
COPY --from=packages /app/node_modules node_modules
COPY --from=packages /app/THIRD-PARTY-NOTICES ./
COPY package.json LICENSE ./
COPY bin bin
RUN ln -s /app/bin/receiver.cjs /usr/local/bin/receiver
COPY migrations migrations
COPY src src
# The commit, for the log and GET /status.
ENV RECEIVER_REVISION=${REVISION}
# Readable by every user, writable by none.
COPY --chown=0:0 --from=compiled /tmp/compiled compiled
# A number: from a name Kubernetes cannot tell that the user is not root.
USER 10001:10001
EXPOSE 8080
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=10s --start-period=60s --start-interval=3s --retries=3 \
  CMD ["receiver", "healthcheck"]
# It starts Node with a small heap by itself: docs/performance.md, Memory.
ENTRYPOINT ["receiver"]
CMD ["serve"]
