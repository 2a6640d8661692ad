import { Choice, Flag, Json, Whole, Words } from '../../http/fields.js'

export class PositionParams {
  @Whole({ min: 1, inQuery: true, about: 'Of the event in the log' })
  position!: number
}

export class ReceiptQuery {
  @Flag({
    optional: true,
    about: 'With the words and their salt; the evidence says so. Owners of a message always get them',
  })
  open: boolean = false
}

export class ReceiptDto {
  @Choice(['verbatim@v1'])
  receipt!: 'verbatim@v1'

  @Words({ about: 'c2sp.org/tlog-proof@v1: a signed checkpoint, and the path from there to the leaf' })
  proof!: string

  @Words({ about: 'What is in the tree: canonical JSON with the digest of the event' })
  leaf!: string

  @Json({ about: 'The event as it is stored, and its words where they are shown' })
  event!: Record<string, unknown>
}
