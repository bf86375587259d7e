# syntax=docker/dockerfile:1

FROM node:20-bookworm-slim AS build
RUN apt-get update \
 && apt-get install -y --no-install-recommends python3 make g++ \
 && rm -rf /var/lib/apt/lists/*
WORKDIR /app
# The image brings Node's headers, so better-sqlite3 compiles without a further download.
ENV npm_config_nodedir=/usr/local SCARF_ANALYTICS=false
COPY package.json package-lock.json .npmrc ./
RUN npm ci
COPY . .
RUN npm run build && npm prune --omit=dev

FROM node:20-bookworm-slim
ENV NODE_ENV=production \
    ROOTLINE_HOST=0.0.0.0 \
    ROOTLINE_PORT=3000 \
    ROOTLINE_DATA=/data \
    # Beyond loopback the server refuses to start without a token: give one with `-e ROOTLINE_TOKEN=...`.
    ROOTLINE_TOKEN=
WORKDIR /app
COPY --from=build /app/package.json ./
COPY --from=build /app/node_modules ./node_modules
COPY --from=build /app/dist ./dist
COPY --from=build /app/web/dist ./web/dist
COPY --from=build /app/fixtures ./fixtures
RUN mkdir /data && chown node:node /data
USER node
VOLUME /data
EXPOSE 3000
HEALTHCHECK --interval=10s --timeout=3s --start-period=20s --retries=3 \
  CMD ["node", "-e", "fetch('http://127.0.0.1:' + process.env.ROOTLINE_PORT + '/health/ready').then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
CMD ["node", "dist/src/main.js"]
