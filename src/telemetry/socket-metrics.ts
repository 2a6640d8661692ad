import { Injectable } from '@nestjs/common'
import { Gauge, Registry } from 'prom-client'

/** How many sockets are connected to this process. */
@Injectable()
export class SocketMetrics {
  readonly connected: Gauge

  constructor(registry: Registry) {
    this.connected = new Gauge({
      name: 'verbatim_sockets_connected',
      help: 'Sockets that are connected to this process',
      registers: [registry],
    })
  }
}
