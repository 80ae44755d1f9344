// The configuration files of one node's programs. JSON, which is YAML, where the program takes that.

export interface NodePaths {
  name: string;
  /** The node's address on the cluster's bridge. */
  address: string;
  /** Everything of the node is below it. */
  folder: string;
  /** Range of its pods, with prefix length. */
  podRange: string;
  /** Path of the cgroup that its pods are in, below every hierarchy's root. */
  cgroup: string;
}

export const pauseImage = 'localhost/pause:1';

export function containerdSocket({ folder }: NodePaths): string {
  return `${folder}/containerd.sock`;
}

/** For containerd 1.6. */
export function containerdConfig(node: NodePaths): string {
  const { folder } = node;
  return `version = 2
root = "${folder}/containerd"
state = "${folder}/run"
[grpc]
  address = "${containerdSocket(node)}"
[ttrpc]
  address = "${containerdSocket(node)}.ttrpc"
[plugins."io.containerd.internal.v1.opt"]
  path = "${folder}/opt"
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "${pauseImage}"
  disable_apparmor = true
  disable_tcp_service = true
  # This machine may lack CAP_SYS_RESOURCE: never lower a score below our own.
  restrict_oom_score_adj = true
  # Not in /run/netns, where it would outlive the node's mount namespace.
  netns_mounts_under_state_dir = true
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "/usr/lib/cni"
    conf_dir = "${folder}/cni"
  [plugins."io.containerd.grpc.v1.cri".containerd]
    snapshotter = "overlayfs"
`;
}

export function kubeletConfig(node: NodePaths): string {
  const { folder } = node;
  return JSON.stringify({
    apiVersion: 'kubelet.config.k8s.io/v1beta1',
    kind: 'KubeletConfiguration',
    authentication: { anonymous: { enabled: true }, webhook: { enabled: false } },
    authorization: { mode: 'AlwaysAllow' },
    cgroupDriver: 'cgroupfs',
    cgroupRoot: `/${node.cgroup}`,
    enforceNodeAllocatable: [],
    failCgroupV1: false,
    failSwapOn: false,
    containerRuntimeEndpoint: `unix://${containerdSocket(node)}`,
    // Files in the lab's folder may lie on any file system; the kubelet knows only some.
    localStorageCapacityIsolation: false,
    resolvConf: '/dev/null',
    podLogsDir: `${folder}/pod-logs`,
    volumePluginDir: `${folder}/plugins`,
    evictionHard: { 'imagefs.available': '1%', 'nodefs.available': '1%', 'memory.available': '50Mi' },
  });
}

export function cniConfig(node: NodePaths): string {
  return JSON.stringify({
    cniVersion: '1.0.0',
    name: 'lab',
    plugins: [
      {
        type: 'bridge',
        bridge: 'cni0',
        isGateway: true,
        ipMasq: true,
        ipam: {
          type: 'host-local',
          ranges: [[{ subnet: node.podRange }]],
          routes: [{ dst: '0.0.0.0/0' }],
          dataDir: `${node.folder}/cni-state`,
        },
      },
      { type: 'portmap', capabilities: { portMappings: true } },
    ],
  });
}
