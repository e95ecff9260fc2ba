/** The service itself: its version, since when it runs, and what the command doctor last said. */
import { html } from '../../lib/html.js';
import { usePage } from '../../lib/page.js';
import { duration, number } from '../../lib/time.js';
import { Time } from '../../parts/time.js';
import { Fact, FactCard, Mark } from './facts.js';

/** @param {{ status: import('../../api/types.js').Status }} props */
export function ServiceCard({ status: { version, service, environment, uptimeSeconds, doctor } }) {
  const { texts, language } = usePage();
  const { serviceCard } = texts.overview;
  return html`<${FactCard} id="overview-service" heading=${serviceCard.heading}>
    <dl>
      <${Fact} name=${serviceCard.name}>${service}<//>
      <${Fact} name=${serviceCard.environment}>${texts.environment[environment]}<//>
      <${Fact} name=${serviceCard.version}><code>${version}</code><//>
      <${Fact} name=${serviceCard.up}>${duration(uptimeSeconds * 1_000, language)}<//>
      <${Fact} name=${serviceCard.doctor}><${Doctor} doctor=${doctor} /><//>
    </dl>
  <//>`;
}

/** @param {{ doctor: import('../../api/types.js').DoctorRun | null }} props */
function Doctor({ doctor }) {
  const { texts, language } = usePage();
  const { serviceCard } = texts.overview;
  if (doctor === null) return html`<span class="quiet">${serviceCard.neverRan}</span>`;
  const { at, passed, warned, failed, problems } = doctor;
  const said = (/** @type {number} */ count) => number(count, language);
  const kind = failed > 0 ? 'bad' : warned > 0 ? 'warning' : 'good';
  return html`<${Mark} kind=${kind}>${serviceCard.doctorResult(said(passed), said(warned), said(failed))}<//>
    ${' '}<${Time} at=${at} />
    ${
      problems.length > 0 &&
      html`<p class="quiet">${serviceCard.problems}${' '}
        ${problems.map((name) => html`<code key=${name} class="chip">${name}</code>${' '}`)}
      </p>`
    }`;
}
