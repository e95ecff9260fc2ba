/** One replay: how far it is, what it is about, and its stop. */
import { useEffect, useState } from 'preact/hooks';
import { html } from '../../lib/html.js';
import { usePage } from '../../lib/page.js';
import { addressOf } from '../../lib/router.js';
import { number } from '../../lib/time.js';
import { useAnswer } from '../../lib/use-answer.js';
import { Missing, Notice } from '../../parts/notice.js';
import { Progress, ReplayState } from './progress.js';
import { ReplayFacts } from './replay-facts.js';
import { StopDialog } from './stop-dialog.js';

/** While it runs it is asked for more often than everything else. */
const EVERY_MS = 2_000;

/** @typedef {import('../../api/types.js').Replay} Replay */

/** @param {{ id: string }} props */
export function ReplayView({ id }) {
  const { texts } = usePage();
  /** @type {import('../../lib/use-answer.js').Asked<Replay>} */
  const asked = useAnswer(`replays/${encodeURIComponent(id)}`);
  useFaster(asked);
  const words = texts.replays;
  return html`<header class="view-head">
      <p><a href=${addressOf('replays')}>${words.all}</a></p>
      <div class="row"><h1>${words.one}</h1>${asked.body !== null && html`<${ReplayState} state=${asked.body.state} />`}</div>
    </header>
    ${
      asked.refused?.status === 404
        ? html`<${Notice} kind="warning">${words.notFound}<//>`
        : html`<${Missing} asked=${asked} />`
    }
    ${asked.body !== null && html`<${Card} replay=${asked.body} onStopped=${asked.reload} />`}`;
}

/** @param {import('../../lib/use-answer.js').Asked<Replay>} asked */
function useFaster({ body, reload }) {
  const { refresher } = usePage();
  const isRunning = body?.state === 'running';
  useEffect(() => {
    if (!isRunning) return undefined;
    const timer = setInterval(() => {
      if (document.visibilityState === 'visible' && !refresher.isPaused()) reload();
    }, EVERY_MS);
    return () => clearInterval(timer);
  }, [isRunning, reload, refresher]);
}

/** @param {{ replay: Replay, onStopped: () => void }} props */
function Card({ replay, onStopped }) {
  const { texts, language, mayChange } = usePage();
  const [isAsking, setAsking] = useState(false);
  const words = texts.replays;
  return html`<section class="card stack">
    <h2>${words.putBack}</h2>
    <${Progress} replay=${replay} />
    <p class="quiet">${replay.count === 0 ? words.nothing : words.putBackHint}</p>
    ${
      replay.failed > 0 &&
      html`<${Notice} kind="warning"><b>${words.failed}: ${number(replay.failed, language)}</b> ${words.failedHint}<//>`
    }
    <${ReplayFacts} replay=${replay} />
    ${
      replay.state === 'running' &&
      html`<div><button type="button" class="button danger" disabled=${!mayChange}
        title=${mayChange ? undefined : texts.common.notAllowed} onClick=${() => setAsking(true)}>${words.stop}</button></div>`
    }
    ${isAsking && html`<${StopDialog} replay=${replay} onStopped=${onStopped} onClose=${() => setAsking(false)} />`}
  </section>`;
}
