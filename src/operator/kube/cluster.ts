// The few verbs with which the operator changes the cluster. Every write goes through the fence: only the leader writes.
import type { ApiClient, ApiRequest } from './api-client.ts';
import { isNotFound } from './api-error.ts';
import type { KubeObject } from './object.ts';
import { pathOf, type Resource } from './resource.ts';

/** The owner of our fields in server-side apply. */
export const fieldManager = 'vpn-operator';

const applyPatch = 'application/apply-patch+yaml';
const mergePatch = 'application/merge-patch+json';

export interface ClusterOptions {
  readonly client: ApiClient;
  /** Called before and after every write; throws when it must not happen. */
  readonly guard: (moment: 'before' | 'after', request: ApiRequest) => void;
}

export class Cluster {
  readonly #options: ClusterOptions;

  constructor(options: ClusterOptions) {
    this.#options = options;
  }

  /** Server-side apply: our fields are as in `object` afterwards, whoever had changed them. */
  async apply<Kind extends KubeObject>(resource: Resource, object: Kind): Promise<Kind> {
    const { namespace, name } = object.metadata;
    return await this.#write({
      method: 'PATCH',
      path: pathOf(resource, { namespace, name }),
      query: { fieldManager, force: true },
      contentType: applyPatch,
      body: object,
    });
  }

  /** The status subresource, apart from all else. */
  async applyStatus<Kind extends KubeObject>(
    resource: Resource,
    object: KubeObject,
    status: unknown,
  ): Promise<Kind> {
    const { namespace, name, uid } = object.metadata;
    const { apiVersion, kind } = resource;
    return await this.#write({
      method: 'PATCH',
      path: pathOf(resource, { namespace, name, subresource: 'status' }),
      query: { fieldManager, force: true },
      contentType: applyPatch,
      // With the uid, a successor of the same name does not inherit the status.
      body: { apiVersion, kind, metadata: { name, namespace, uid }, status },
    });
  }

  /** Only what `change` names, by JSON merge patch (RFC 7396). */
  async patch<Kind extends KubeObject>(
    resource: Resource,
    place: { namespace: string; name: string; subresource?: 'status' },
    change: unknown,
  ): Promise<Kind> {
    return await this.#write({
      method: 'PATCH',
      path: pathOf(resource, place),
      query: { fieldManager },
      contentType: mergePatch,
      body: change,
    });
  }

  /** @throws {ApiError} 409 when it exists. */
  async create<Kind extends KubeObject>(resource: Resource, object: Kind): Promise<Kind> {
    const { namespace } = object.metadata;
    return await this.#write({
      method: 'POST',
      path: pathOf(resource, { namespace }),
      query: { fieldManager },
      body: object,
    });
  }

  /** The whole object becomes what `object` says; fields that others added go. */
  async replace<Kind extends KubeObject>(resource: Resource, object: Kind): Promise<Kind> {
    const { namespace, name } = object.metadata;
    return await this.#write({
      method: 'PUT',
      path: pathOf(resource, { namespace, name }),
      query: { fieldManager },
      body: object,
    });
  }

  /** Also done when it is gone already. Only the very object that was seen. */
  async delete(resource: Resource, object: KubeObject): Promise<void> {
    const { namespace, name, uid } = object.metadata;
    const preconditions = uid === undefined ? {} : { preconditions: { uid } };
    try {
      await this.#write({
        method: 'DELETE',
        path: pathOf(resource, { namespace, name }),
        body: { apiVersion: 'v1', kind: 'DeleteOptions', propagationPolicy: 'Background', ...preconditions },
      });
    } catch (error) {
      if (!isNotFound(error)) throw error;
    }
  }

  async list<Kind extends KubeObject>(
    resource: Resource,
    { namespace, fieldSelector }: { namespace: string; fieldSelector: string },
  ): Promise<readonly Kind[]> {
    const path = pathOf(resource, { namespace });
    const answer = await this.#options.client.send<{ items?: Kind[] | null }>({
      method: 'GET',
      path,
      query: { fieldSelector, limit: 50 },
    });
    return answer.items ?? [];
  }

  async #write<Answer>(request: ApiRequest): Promise<Answer> {
    const { client, guard } = this.#options;
    guard('before', request);
    const answer = await client.send<Answer>(request);
    guard('after', request);
    return answer;
  }
}
