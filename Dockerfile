# Both images, from what build/publish left in artifacts/images/layers: the same published files that go into the
# images made without Docker. build/images calls it; by hand:
#   build/native/fetch && build/publish && docker build --target enterpriseai .
FROM debian:bookworm-slim AS base
RUN apt-get update \
    && apt-get install -y --no-install-recommends libssl3 libstdc++6 libjemalloc2 zlib1g ca-certificates tzdata \
    && rm -rf /var/lib/apt/lists/*
ENV PATH=/app:/usr/bin:/bin HOME=/tmp SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt \
    DOTNET_EnableDiagnostics=0 DOTNET_RUNNING_IN_CONTAINER=true
WORKDIR /app
# What both images share comes first, so that it is stored and pulled once.
COPY artifacts/images/layers/runtime/app/ /app/
USER 65532:65532

# The commands are /app/operator, /app/gateway, /app/audit-log and /app/agent.
FROM base AS enterpriseai
COPY artifacts/images/layers/enterpriseai/app/ /app/

FROM base AS enterpriseai-model-server
# docs/model-server.md, "Speed"
ENV LD_PRELOAD=libjemalloc.so.2 DOTNET_GCgen0size=0x1000000
COPY artifacts/images/layers/model-server/app/ /app/
