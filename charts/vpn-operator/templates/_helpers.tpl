{{- define "vpn-operator.selectorLabels" -}}
app.kubernetes.io/name: vpn-operator
app.kubernetes.io/component: operator
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "vpn-operator.labels" -}}
{{ include "vpn-operator.selectorLabels" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
{{- end }}

{{- define "vpn-operator.image" -}}
{{- if .Values.image.digest -}}
{{ .Values.image.repository }}@{{ .Values.image.digest }}
{{- else -}}
{{ .Values.image.repository }}:{{ .Values.image.tag | default .Chart.AppVersion }}
{{- end -}}
{{- end }}

{{- /* Who gets the rights. */ -}}
{{- define "vpn-operator.subjects" -}}
- kind: ServiceAccount
  name: {{ .Values.serviceAccount.name }}
  namespace: {{ .Release.Namespace }}
{{- end }}

{{- /* What one list makes of the other is a mistake that would only show as a missing right. */ -}}
{{- define "vpn-operator.check" -}}
{{- if and .Values.watchNamespaces .Values.grantNamespaces -}}
{{- fail "grantNamespaces is for an empty watchNamespaces: the operator has its rights in the watched namespaces anyway. Leave one of the two empty." -}}
{{- end -}}
{{- if and .Values.createNamespaces (not .Values.watchNamespaces) (not .Values.grantNamespaces) -}}
{{- fail "createNamespaces makes the namespaces of watchNamespaces or grantNamespaces: name some." -}}
{{- end -}}
{{- if and .Values.test.user (or (not .Values.test.namespace) (not .Values.test.passwordSecretRef.name)) -}}
{{- fail "test.user also needs test.namespace and test.passwordSecretRef.name: the test Pod mounts the user's password." -}}
{{- end -}}
{{- end }}
