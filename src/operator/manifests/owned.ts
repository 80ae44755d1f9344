// Metadata of what the operator makes: with its owner it goes, too.
import type { KubeObject, ObjectMeta } from '../kube/object.ts';

/** Owners block nothing: that would take the right to change their finalizers. */
export function ownedMetadata(owner: KubeObject, name: string, labels: Record<string, string>): ObjectMeta {
  const { namespace = '', uid = '' } = owner.metadata;
  const { apiVersion, kind } = owner;
  return {
    name,
    namespace,
    labels,
    ownerReferences: [{ apiVersion, kind, name: owner.metadata.name, uid, controller: true }],
  };
}
