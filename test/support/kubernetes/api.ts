// Plain HTTP to an API server through `kubectl proxy`, whatever way of logging in the kubeconfig has: for what kubectl
// does not show, such as Warning headers and answers word for word.
import { eventually, startProgram } from '../lab/commands.ts';
import type { Undo } from '../lab/undo.ts';
import type { Kubectl } from './kubectl.ts';

export interface Answer<Body> {
  status: number;
  body: Body;
  /** Texts of the Warning headers. */
  warnings: string[];
}

/** What the API server answers instead of an object when it refuses (metav1.Status). */
export interface Status {
  kind: 'Status';
  reason: string;
  message: string;
  details?: { causes?: { reason: string; message: string; field?: string }[] };
}

export class Api {
  readonly url: string;

  constructor(url: string) {
    this.url = url;
  }

  /** @param body an object, sent as JSON, or a text, sent as YAML */
  async call<Body = Status>(
    method: string,
    path: string,
    body?: unknown,
    headers: Record<string, string> = {},
  ): Promise<Answer<Body>> {
    const response = await fetch(`${this.url}${path}`, {
      method,
      headers: { 'Content-Type': 'application/json', Accept: 'application/json', ...headers },
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    const text = await response.text();
    return {
      status: response.status,
      body: text === '' ? undefined : JSON.parse(text),
      warnings: warningTexts(response.headers.get('warning') ?? ''),
    };
  }
}

export async function startApi(undo: Undo, kubectl: Kubectl): Promise<Api> {
  const child = startProgram([...kubectl.command, 'proxy', '--port=0'], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  undo.later(() => child.kill('SIGKILL'));
  let output = '';
  child.stdout?.setEncoding('utf8').on('data', (text) => {
    output += text;
  });
  const port = await eventually('kubectl proxy', 10_000, () => /127\.0\.0\.1:(\d+)\n/.exec(output)?.[1]);
  return new Api(`http://127.0.0.1:${port}`);
}

/** `299 - "one", 299 - "two"` (RFC 9111 §5.5 as Kubernetes writes it). */
function warningTexts(header: string): string[] {
  return [...header.matchAll(/299 \S+ "((?:[^"\\]|\\.)*)"/g)].map(([, text = '']) =>
    text.replaceAll(/\\(.)/g, '$1'),
  );
}
