/** Asks before a replay is stopped. */
import { useState } from 'preact/hooks';
import { html } from '../../lib/html.js';
import { usePage } from '../../lib/page.js';
import { number } from '../../lib/time.js';
import { Dialog } from '../../parts/dialog.js';
import { Notice, problemOf } from '../../parts/notice.js';

/**
 * @param {{ replay: import('../../api/types.js').Replay, onStopped: () => void, onClose: () => void }} props
 */
export function StopDialog({ replay, onStopped, onClose }) {
  const { api, texts, language, announce } = usePage();
  const [problem, setProblem] = useState('');
  const [isBusy, setBusy] = useState(false);
  const words = texts.replays;
  const stop = async () => {
    setBusy(true);
    const answer = await api.remove(`replays/${encodeURIComponent(replay.id)}`);
    setBusy(false);
    if (answer.outcome !== 'answered') {
      setProblem(problemOf(answer, texts) ?? '');
      return;
    }
    announce(words.stoppedSaid);
    onStopped();
    onClose();
  };
  return html`<${Dialog} heading=${words.stopHeading} onClose=${onClose}>
    <p>${words.stopText(number(replay.replayed, language), number(replay.count, language))}</p>
    <div role="alert">${problem !== '' && html`<${Notice} kind="bad">${problem}<//>`}</div>
    <div class="row dialog-buttons">
      <button type="button" class="button" onClick=${onClose}>${words.goOn}</button>
      <button type="button" class="button danger" disabled=${isBusy} onClick=${stop}>${words.stopNow}</button>
    </div>
  <//>`;
}
