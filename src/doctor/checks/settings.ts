/** The checks that look at the settings alone: whether they are in order, and whether the salts are worth their name. */
import { findSampleSecrets } from '../../config/secret-warnings.ts';
import type { Config } from '../../config/settings.ts';
import { CALLBACK_TYPES } from '../../protocol/ecom/callback-types.ts';
import { createDigestPolicy, fixedSaltsFor, isDigestRequired } from '../../protocol/ecom/salts.ts';
import { digestAlgorithm } from '../../registrations/desired.ts';
import { findWeakSalts } from '../../registrations/weak-salts.ts';
import { type Finding, fail, pass, warn } from '../check.ts';
import type { CheckContext } from '../context.ts';

/** The settings are valid, or no check would run; what remains are samples and warnings. */
export async function checkConfiguration({
  config,
  warnings,
}: Pick<CheckContext, 'config' | 'warnings'>): Promise<Finding> {
  const samples = findSampleSecrets(config);
  if (samples.length > 0) {
    return fail(
      `${samples.join(', ')}: samples that anybody can read in .env.example.`,
      'Set random values, such as those of: openssl rand -hex 24; WEBHOOK_SECRET: echo "whsec_$(openssl rand -base64 32)".',
    );
  }
  if (warnings.length === 0) return pass('valid, without warnings');
  return warn(
    `valid, but: ${warnings.join(' | ')}`,
    'Look at each; "node src/main.ts config" shows what is in effect.',
  );
}

/** Long enough, one for each type, and not MD5. */
export async function checkSalts({ config }: Pick<CheckContext, 'config'>): Promise<Finding> {
  const policy = createDigestPolicy(config);
  if (!isDigestRequired(policy)) return judgeWithoutDigest(config);

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
  return judgeAlgorithm(config);
}

function judgeWithoutDigest({ BASIC_AUTH_USERNAME }: Config): Finding {
  const fix = 'Set DIGEST_KEY and register.';
  if (BASIC_AUTH_USERNAME === null)
    return fail('Nothing proves that a callback is genuine: anybody can invent one.', fix);
  return warn('Callbacks carry no digest; the Basic credentials alone prove them, and not what they say.', fix);
}

function judgeAlgorithm(config: Config): Finding {
  const fix = 'Set DIGEST_ALGORITHM=sha1,md5, register again, and take md5 out when the old callbacks have come.';
  if (digestAlgorithm(config) === 'md5') return fail('Digests are made with MD5, which is broken.', fix);
  if (config.DIGEST_ALGORITHM.includes('md5')) {
    return warn('MD5 is still accepted beside SHA-1.', 'Register again with SHA-1 and set DIGEST_ALGORITHM=sha1.');
  }
  const origin =
    config.DIGEST_KEY === null ? 'a long fixed salt for each type' : 'a derived salt for each registration';
  return pass(`SHA-1 with ${origin}`);
}
