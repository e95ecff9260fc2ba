/** An element of a sequence and how often it may occur. */
export interface SequenceItem {
  readonly name: string;
  readonly min: 0 | 1;
  readonly max: number;
  /** May be `xsi:nil` instead of having content. */
  readonly isNillable?: boolean;
  /** A type of XML Schema (`string`). */
  readonly type?: string;
  /** The elements inside, instead of a text. */
  readonly children?: readonly SequenceItem[];
}
