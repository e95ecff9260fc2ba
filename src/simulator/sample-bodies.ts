/**
 * The JSON bodies of BOOKED and UPDATE in the shape that Resurs documents (protocol 1.2 and 1.3), amounts invented.
 * The same arguments always give the same bytes: a repeat of a callback has to be recognised as one.
 */

function feeLine(number: number) {
  return {
    id: String(number),
    artNo: `FEE-${number}`,
    description: 'Invoice fee',
    quantity: 1,
    unitMeasure: 'st',
    unitAmountWithoutVat: 20,
    vatPct: 25,
    totalVatAmount: 5,
    totalAmount: 25,
  };
}

/** The body of BOOKED with so many lines added by Resurs; none is the ordinary case. */
export function bookedBody(lines: number): string {
  return JSON.stringify({
    addedPaymentSpecificationLines: Array.from({ length: lines }, (_, index) => feeLine(index + 1)),
  });
}

/**
 * The body of UPDATE for one change of the payment. `created` is epoch milliseconds, as only the callback has it, and an
 * annulment names no person and no transaction, like Resurs' first sample.
 */
export function updateBody(type: 'DEBIT' | 'ANNUL', paymentId: string, nowMs: number): string {
  const named = type === 'DEBIT';

  return JSON.stringify({
    paymentDiff: {
      type,
      transactionId: named ? `TrD-${paymentId}` : null,
      created: nowMs,
      createdBy: named ? 'B User' : null,
      paymentSpecification: {
        paymentSpecificationLines: named ? [feeLine(1)] : null,
        totalAmount: named ? 25 : null,
        totalVatAmount: named ? 5 : 0,
        bonusPoints: 0,
      },
      orderId: named ? `Ord-${paymentId}` : null,
      invoiceId: null,
    },
  });
}
