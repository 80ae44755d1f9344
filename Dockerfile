# One image for the operator and the gateways: docker build -t vpn-operator:dev .
# It needs a network only for what is missing: npm packages, if the checkout has none yet (npm ci), and Debian packages.

FROM docker.io/library/debian:bookworm-slim AS build
WORKDIR /build
COPY . .
RUN scripts/image/build.sh /out

FROM docker.io/library/debian:bookworm-slim
# The gateway's firewall is applied by nft.
RUN command -v nft >/dev/null || { apt-get update && apt-get install -y --no-install-recommends nftables \
    && rm -rf /var/lib/apt/lists/*; }
COPY --from=build /out /opt/vpn-operator
RUN ln -s /opt/vpn-operator/bin/vpn-operator /usr/local/bin/vpn-operator
# The operator and all tools need no user; the gateway's pod says what it needs beyond this.
USER 65532:65532
WORKDIR /
ENTRYPOINT ["vpn-operator"]
CMD ["--help"]
LABEL org.opencontainers.image.title="vpn-operator" \
    org.opencontainers.image.description="Kubernetes-native PPTP VPN operator with the whole protocol stack in userspace" \
    org.opencontainers.image.licenses="Apache-2.0"
