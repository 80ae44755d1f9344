// Sets of values that cover what the chart can do: each has its golden render.
import type { Values } from '../support/helm/render.ts';

export const valueSets: Readonly<Record<string, Values>> = {
  default: {},
  namespaced: {
    watchNamespaces: ['vpn', 'branch'],
    createNamespaces: true,
    reservedRanges: ['10.244.0.0/16', '10.96.0.0/12'],
  },
  'without-cluster-scope': { watchNamespaces: ['vpn'], crds: { install: false } },
  granted: { grantNamespaces: ['vpn'] },
  'highly-available': {
    replicas: 2,
    grantNamespaces: ['vpn'],
    image: {
      repository: 'registry.example.com/vpn-operator',
      digest: `sha256:${'0123456789abcdef'.repeat(4)}`,
    },
    imagePullSecrets: [{ name: 'registry' }],
    priorityClassName: 'system-cluster-critical',
    tolerations: [{ key: 'node-role.kubernetes.io/control-plane', effect: 'NoSchedule' }],
    affinity: {
      nodeAffinity: {
        requiredDuringSchedulingIgnoredDuringExecution: {
          nodeSelectorTerms: [
            { matchExpressions: [{ key: 'kubernetes.io/arch', operator: 'In', values: ['amd64'] }] },
          ],
        },
      },
    },
    podAnnotations: { 'example.com/team': 'network' },
    podLabels: { 'example.com/tier': 'infrastructure' },
    logLevel: 'debug',
    extraArgs: ['--example=1'],
  },
  monitoring: {
    podMonitor: {
      enabled: true,
      interval: '15s',
      labels: { release: 'prometheus' },
      gateways: [{ namespace: 'vpn', server: 'office.example' }],
    },
    prometheusRule: { enabled: true, labels: { release: 'prometheus' } },
    dashboards: { enabled: true, annotations: { grafana_folder: 'VPN' } },
  },
  'login-test': {
    watchNamespaces: ['vpn'],
    test: { namespace: 'vpn', user: 'alice', passwordSecretRef: { name: 'alice' } },
  },
  'own-service-account': {
    rbac: { create: false },
    serviceAccount: { create: false, name: 'given' },
    test: {
      namespace: 'vpn',
      user: 'alice',
      passwordSecretRef: { name: 'alice', key: 'secret' },
      server: '192.0.2.1',
      timeout: '30s',
    },
  },
};
