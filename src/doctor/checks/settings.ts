/** The checks of the settings alone: whether they are valid, and whether the salts are strong enough. */
import { findSampleSecrets } from '../../config/secret-warnings.ts';
import type { Config } from '../../config/settings.ts';
import { CALLBACK_TYPES } from '../../protocol/ecom/callback-types.ts';
import { createDigestPolicy, fixedSaltsFor, isDigestRequired } from '../../protocol/ecom/salts.ts';
import { digestAlgorithm } from '../../registrations/desired.ts';
import { findWeakSalts } from '../../registrations/weak-salts.ts';
import { type Finding, fail, pass, warn } from '../check.ts';
import type { CheckContext } from '../context.ts';

/** Reports sample secrets and warnings. Invalid settings never get here: no check runs with them. */
export async function checkConfiguration({
  config,
  warnings,
}: Pick<CheckContext, 'config' | 'warnings'>): Promise<Finding> {
  const samples = findSampleSecrets(config);
  if (samples.length > 0) {
    return fail(
      `${samples.join(', ')}: sample secrets that anyone can read in .env.example.`,
      'Set random values, such as those of: openssl rand -hex 24; WEBHOOK_SECRET: echo "whsec_$(openssl rand -base64 32)".',
    );
  }
  if (warnings.length === 0) return pass('valid, without warnings');
  return warn(
    `valid, but: ${warnings.join(' | ')}`,
    'Check each of them; "receiver config" prints the settings in effect.',
  );
}

/** Checks that the salts are long enough, one for each type, and not used with MD5. */
export async function checkSalts({ config }: Pick<CheckContext, 'config'>): Promise<Finding> {
  const policy = createDigestPolicy(config);
  if (!isDigestRequired(policy)) return checkWithoutDigest(config);

  const weaknesses = findWeakSalts(CALLBACK_TYPES, config);
  if (weaknesses.length > 0) {
    return fail(
      `${weaknesses.join('; ')}.`,
      'Set DIGEST_KEY and register again: every registration then gets its own salt.',
    );
  }
  const missing = CALLBACK_TYPES.filter((type) => type !== 'TEST' && fixedSaltsFor(type, policy).length === 0);
  if (config.DIGEST_KEY === null && missing.length > 0) {
    const names = missing.map((type) => `DIGEST_SALT_${type}`).join(', ');
    return fail(
      `${missing.join(', ')} have no salt, so their callbacks are refused (406).`,
      `Set ${names}, or DIGEST_KEY.`,
    );
  }
  return checkAlgorithm(config);
}

function checkWithoutDigest({ BASIC_AUTH_USERNAME }: Config): Finding {
  const fix = 'Set DIGEST_KEY and register.';
  if (BASIC_AUTH_USERNAME === null) return fail('Callbacks are not authenticated: anyone can invent one.', fix);
  return warn('Callbacks carry no digest: Basic credentials authenticate the caller, but not the contents.', fix);
}

function checkAlgorithm(config: Config): Finding {
  const fix =
    'Set DIGEST_ALGORITHM=sha1,md5, register again, and remove md5 once the callbacks registered before have arrived.';
  if (digestAlgorithm(config) === 'md5') return fail('Digests are made with MD5, which is broken.', fix);
  if (config.DIGEST_ALGORITHM.includes('md5')) {
    return warn('MD5 is still accepted beside SHA-1.', 'Register again with SHA-1 and set DIGEST_ALGORITHM=sha1.');
  }
  const origin =
    config.DIGEST_KEY === null ? 'a long fixed salt for each type' : 'a derived salt for each registration';
  return pass(`SHA-1 with ${origin}`);
}
