import { Injectable } from '@nestjs/common'
import { DocumentAdditions } from '../../http/openapi/document-additions.js'
import { socketEvents, socketModels } from './socket-events.dto.js'

/** Adds the events of sockets to /docs. */
@Injectable()
export class SocketDocument {
  constructor(additions: DocumentAdditions) {
    additions.add('x-socket-events', socketEvents, socketModels)
  }
}
