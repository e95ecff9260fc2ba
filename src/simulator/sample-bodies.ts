/**
 * The bodies of sample callbacks, in the shape that Resurs documents (protocol 1.2 and 1.3), amounts invented. Amounts
 * of lines and totals include VAT of 25 %. The same arguments always give the same bytes. Pure.
 */

/** The payment that a body is about, and when Resurs made it. */
export interface SampleMoment {
  readonly paymentId: string;
  readonly at: Date;
}

/** Renders a body; null is a callback without one. */
export type SampleBody = (moment: SampleMoment) => string;

/** The body of BOOKED: Resurs has added an invoice fee to the order. */
export const BOOKED_WITH_FEE: SampleBody = () =>
  JSON.stringify({
    addedPaymentSpecificationLines: [line(1, { artNo: 'FEE-1', description: 'Invoice fee', total: 25 })],
  });

export type ChangeKind = 'AUTHORIZE' | 'DEBIT' | 'CREDIT' | 'ANNUL';

/** One change of a payment; `part` tells the parts of one payment apart. */
export interface SampleChange {
  readonly kind: ChangeKind;
  readonly total: number;
  readonly part?: number;
}

/**
 * Returns the body of an UPDATE. As in Resurs' own samples an annulment names no transaction, no person and no lines,
 * and a total may be missing where lines are there: here that of an authorization.
 */
export function changeBody({ kind, total, part = 1 }: SampleChange): SampleBody {
  return ({ paymentId, at }) => {
    const isAnnulment = kind === 'ANNUL';
    const article = { artNo: `BOLT-00${part}`, description: 'Bolts', total };
    return JSON.stringify({
      paymentDiff: {
        type: kind,
        transactionId: isAnnulment ? null : `Tr${kind[0]}-${paymentId}-${part}`,
        created: at.getTime(),
        createdBy: isAnnulment ? null : 'B User',
        paymentSpecification: {
          paymentSpecificationLines: isAnnulment ? null : [line(part, article)],
          totalAmount: kind === 'AUTHORIZE' ? null : total,
          totalVatAmount: vatOf(total),
          bonusPoints: 0,
        },
        orderId: isAnnulment ? null : `Ord-${paymentId}`,
        invoiceId: null,
      },
    });
  };
}

interface Article {
  readonly artNo: string;
  readonly description: string;
  readonly total: number;
}

function line(id: number, { artNo, description, total }: Article) {
  return {
    id: String(id),
    artNo,
    description,
    quantity: 1,
    unitMeasure: 'st',
    unitAmountWithoutVat: total - vatOf(total),
    vatPct: 25,
    totalVatAmount: vatOf(total),
    totalAmount: total,
  };
}

function vatOf(total: number): number {
  return total / 5;
}
