{{- /* Generated from scripts/generate/chart/rights.ts by `npm run generate`. */ -}}
{{- define "vpn-operator.rights.kinds" -}}
- apiGroups:
    - vpn-operator.dev
  resources:
    - vpnservers
    - vpnusers
  verbs:
    - list
    - watch
- apiGroups:
    - vpn-operator.dev
  resources:
    - vpnservers/status
    - vpnusers/status
  verbs:
    - patch
- apiGroups:
    - events.k8s.io
  resources:
    - events
  verbs:
    - create
    - patch
{{- end }}
{{- define "vpn-operator.rights.namespace" -}}
- apiGroups:
    - ""
  resources:
    - secrets
  verbs:
    - list
    - watch
    - create
    - patch
    - update
    - delete
- apiGroups:
    - ""
  resources:
    - serviceaccounts
  verbs:
    - list
    - watch
    - create
    - patch
    - update
- apiGroups:
    - ""
  resources:
    - pods
  verbs:
    - list
    - watch
    - patch
- apiGroups:
    - ""
  resources:
    - events
  verbs:
    - list
- apiGroups:
    - apps
  resources:
    - daemonsets
  verbs:
    - list
    - watch
    - create
    - patch
    - update
- apiGroups:
    - policy
  resources:
    - poddisruptionbudgets
  verbs:
    - list
    - watch
    - create
    - patch
    - update
    - delete
{{- end }}
{{- define "vpn-operator.rights.cluster" -}}
- apiGroups:
    - ""
  resources:
    - nodes
  verbs:
    - list
    - watch
- apiGroups:
    - networking.k8s.io
  resources:
    - servicecidrs
  verbs:
    - list
    - watch
{{- end }}
{{- define "vpn-operator.rights.apiServer" -}}
- apiGroups:
    - discovery.k8s.io
  resources:
    - endpointslices
  resourceNames:
    - kubernetes
  verbs:
    - list
    - watch
{{- end }}
{{- define "vpn-operator.rights.own" -}}
- apiGroups:
    - coordination.k8s.io
  resources:
    - leases
  verbs:
    - create
- apiGroups:
    - coordination.k8s.io
  resources:
    - leases
  resourceNames:
    - vpn-operator
  verbs:
    - get
    - update
{{- end }}
{{- define "vpn-operator.rights.view" -}}
- apiGroups:
    - vpn-operator.dev
  resources:
    - vpnservers
    - vpnusers
  verbs:
    - get
    - list
    - watch
{{- end }}
{{- define "vpn-operator.rights.edit" -}}
- apiGroups:
    - vpn-operator.dev
  resources:
    - vpnservers
    - vpnusers
  verbs:
    - create
    - update
    - patch
    - delete
    - deletecollection
{{- end }}
