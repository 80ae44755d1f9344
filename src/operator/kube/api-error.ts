// What went wrong between us and the API server: its Status object, or the connection.

export interface ApiFailure {
  /** The HTTP status; 0 when no answer came. */
  readonly status: number;
  /** The reason of the Status object, such as Conflict, or the errno of the connection. */
  readonly reason: string;
  readonly message: string;
  /** Milliseconds that the server wants us to wait. */
  readonly retryAfter?: number;
}

export class ApiError extends Error {
  readonly status: number;
  readonly reason: string;
  readonly retryAfter: number | undefined;

  constructor({ status, reason, message, retryAfter }: ApiFailure) {
    super(message);
    this.name = 'ApiError';
    this.status = status;
    this.reason = reason;
    this.retryAfter = retryAfter;
  }
}

function hasStatus(error: unknown, ...statuses: number[]): boolean {
  return error instanceof ApiError && statuses.includes(error.status);
}

export function isNotFound(error: unknown): boolean {
  return hasStatus(error, 404);
}

/** Somebody else changed the object, or made it first. */
export function isConflict(error: unknown): boolean {
  return hasStatus(error, 409);
}

/** The object would break its schema or a rule. */
export function isInvalid(error: unknown): boolean {
  return hasStatus(error, 422);
}

/** RBAC does not let us. */
export function isForbidden(error: unknown): boolean {
  return hasStatus(error, 403);
}

/** RBAC does not let us; quotas and admission answer 403, too. */
export function lacksRight(error: unknown): boolean {
  return isForbidden(error) && / cannot [a-z]+ resource /.test((error as ApiError).message);
}

/** The object is not taken as it is: its content, a quota or an admission policy is in the way. */
export function isRefused(error: unknown): boolean {
  return hasStatus(error, 400, 422) || (isForbidden(error) && !lacksRight(error));
}

/** Its namespace is being deleted: nothing can be made in it any more. */
export function isNamespaceGoing(error: unknown): boolean {
  return isForbidden(error) && /because it is being terminated/.test((error as ApiError).message);
}

/** The resource version is older than what the server remembers: list anew. */
export function isGone(error: unknown): boolean {
  return error instanceof ApiError && (error.status === 410 || error.reason === 'Expired');
}
