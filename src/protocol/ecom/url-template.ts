/**
 * The callback URLs as they are registered at Resurs: a template per event type, in the query form or in the pair form of
 * docs/protocol.md. The type is literal text in each template, because Resurs has no placeholder for it. `&` is plain:
 * registered as `&amp;`, as Resurs' own example has it, it would come back as part of the next name.
 */
import type { CallbackType } from './callback-types.ts';
import { placeholdersFor } from './registration.ts';

export type UrlForm = 'query' | 'pairs';

export interface TemplateOptions {
  /** The callback URL without the parameters; may carry a query of its own (`/?wc-api=ResursDefault`). */
  readonly target: string;
  readonly form: UrlForm;
  /** `t`: unix seconds of the registration, as text. */
  readonly registeredAt: string;
  readonly signed: boolean;
}

/** The template to register for a type; its placeholders stay literal. */
export function urlTemplate(type: CallbackType, options: TemplateOptions): string {
  const { target, form, registeredAt, signed } = options;
  const names = [...placeholdersFor(type), ...(signed ? ['digest'] : [])];
  if (form === 'query') {
    const pairs = names.map((name) => `${QUERY_NAMES[name] ?? name}={${name}}`);
    return withQuery(target, [`c=${type}`, `t=${registeredAt}`, ...pairs]);
  }

  const [path = '', query] = target.split('?');
  const pairs = names.map((name) => `/${name}/{${name}}`).join('');
  const below = `${path.replace(/\/+$/, '')}/${type.toLowerCase()}${pairs}`;
  return withQuery(query === undefined ? below : `${below}?${query}`, [`t=${registeredAt}`]);
}

/** The template with each `{name}` replaced by its value, percent-encoded; a placeholder without a value becomes empty. */
export function fillTemplate(uriTemplate: string, values: ReadonlyMap<string, string | null>): string {
  return uriTemplate.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(values.get(name) ?? ''));
}

/** Names in the query form (docs/protocol.md); a TEST keeps `param1` to `param5`. */
const QUERY_NAMES: Readonly<Record<string, string>> = { paymentId: 'p', result: 'r', digest: 'd' };

function withQuery(url: string, pairs: readonly string[]): string {
  return `${url}${url.includes('?') ? '&' : '?'}${pairs.join('&')}`;
}
