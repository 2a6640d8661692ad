# The service alone, as small as it gets: MongoDB and Redis come from elsewhere (docker-compose.yml has both).

FROM node:24-alpine AS build
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci --no-audit --no-fund --loglevel=error
COPY nest-cli.json tsconfig.json tsconfig.build.json .swcrc ./
COPY scripts scripts
COPY src src
COPY console console
RUN npm run build

FROM node:24-alpine AS packages
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci --omit=dev --no-audit --no-fund --loglevel=error

FROM node:24-alpine
ENV NODE_ENV=production PORT=3000
WORKDIR /app
COPY --from=packages /app/node_modules node_modules
COPY --from=build /app/dist dist
COPY --from=build /app/console/dist console/dist
COPY package.json LICENSE .env.example ./
# Where a generated key would go; the service runs as a user who owns nothing else.
RUN mkdir data && chown node:node data
USER node
EXPOSE 3000
HEALTHCHECK --interval=10s --timeout=3s --start-period=20s --retries=3 \
  CMD wget -q -O /dev/null "http://127.0.0.1:${PORT}/health" || exit 1
# Node itself gets the signals: the service stops in order when the container does.
# Operators: docker exec <container> node dist/cli.js ops --help, and audit --help.
CMD ["node", "dist/service.js"]
