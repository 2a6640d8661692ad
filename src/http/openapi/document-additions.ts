import { Injectable } from '@nestjs/common'

type Model = new () => object

/** What contexts say in /docs that no handler of HTTP says. They add it when they are made. */
@Injectable()
export class DocumentAdditions {
  readonly models: Model[] = []
  readonly extensions: Record<`x-${string}`, object> = {}

  add(name: `x-${string}`, extension: object, models: readonly Model[]): void {
    this.extensions[name] = extension
    this.models.push(...models)
  }
}
