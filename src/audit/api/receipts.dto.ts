import { Choice, Flag, JsonObject, Integer, AnyText } from '../../http/fields.js'

export class PositionParams {
  @Integer({ min: 1, inQuery: true, about: 'Position of the event in the log' })
  position!: number
}

export class ReceiptQuery {
  @Flag({
    optional: true,
    about: 'Also the plaintext and its salt; the evidence records that. Owners of a message always get them',
  })
  open: boolean = false
}

export class ReceiptDto {
  @Choice(['verbatim@v1'])
  receipt!: 'verbatim@v1'

  @AnyText({ about: 'c2sp.org/tlog-proof@v1: a signed checkpoint, and the path from its root to the leaf' })
  proof!: string

  @AnyText({ about: 'The leaf in the tree: canonical JSON with the digest of the event' })
  leaf!: string

  @JsonObject({ about: 'The event as it is stored, with its plaintext if it is shown' })
  event!: Record<string, unknown>
}
