import { ValidationPipe } from '@nestjs/common'
import type { ValidationError } from 'class-validator'
import { Refused } from '../event-store/errors.js'
import type { FieldError } from './problems.js'
import { fieldsOf, unknownField } from './unknown-fields.js'

/** Checks every body, query and path parameter. A field that an operation does not know is refused by its name. */
export const validationPipe = () =>
  new ValidationPipe({
    transform: true,
    whitelist: true,
    forbidNonWhitelisted: true,
    stopAtFirstError: true,
    validationError: { target: true, value: false },
    exceptionFactory: (errors) => invalidFields(errors.flatMap((error) => fieldErrors(error))),
  })

/** Names each field that is wrong and says what is wrong with it. */
export function invalidFields(errors: FieldError[]): Refused {
  const detail = errors.map(({ field, message }) => `${field} ${message}`).join('; ')
  return new Refused('invalid', detail, { errors })
}

function fieldErrors({ target, property, constraints, children = [] }: ValidationError, parent = ''): FieldError[] {
  if (constraints?.whitelistValidation) return [unknownField(property, fieldsOf(target!), parent)]
  const field = parent + property
  const own = Object.values(constraints ?? {}).map((message) => ({
    field,
    message: withoutProperty(message, property),
  }))
  return [...own, ...children.flatMap((child) => fieldErrors(child, `${field}.`))]
}

const withoutProperty = (message: string, property: string) =>
  message.startsWith(`${property} `) ? message.slice(property.length + 1) : message
