import type { JSONWebKeySet } from 'jose'

/** Where an issuer's tokens list groups, and which groups these are here. */
export type ClaimedGroups = {
  /** The claim that lists them; undefined: the tokens give no groups. */
  readonly claim: string | undefined
  /** From their names to ours; others are dropped. Undefined: groups keep their names. */
  readonly map: Readonly<Record<string, string>> | undefined
}

export type OidcSettings = {
  /** As the discovery document spells it. */
  readonly issuer: string
  readonly clientId: string
  /** Undefined for a public client. */
  readonly clientSecret: string | undefined
  /** What the sign-in page calls the provider. */
  readonly name: string
  /** With blanks between. */
  readonly scopes: string
  readonly usernameClaim: string
  readonly groups: ClaimedGroups
  /** Group, by our name, whose members are administrators. */
  readonly adminGroup: string | undefined
}

/** An issuer whose JWTs are taken as credentials, and the account that each bearer gets. */
export type TokenIssuer = {
  readonly issuer: string
  /** One of these must be in `aud`. */
  readonly audiences: readonly string[]
  /** Where its keys are; undefined: where the discovery document says. */
  readonly jwksUri: string | undefined
  /** Its keys themselves, for an issuer that cannot be reached. */
  readonly jwks: JSONWebKeySet | undefined
  /** `user`: known by `sub`. `service`: known by its name, since `sub` differs from job to job. */
  readonly kind: 'user' | 'service'
  /** Template of the name, claims in braces: `github:{repository}`. */
  readonly name: string
  /** The globs of each claim, one of which it must match. */
  readonly require: Readonly<Record<string, readonly string[]>>
  readonly groups: ClaimedGroups
  /** Groups of every bearer, by our names. */
  readonly everybodyIn: readonly string[]
  readonly adminGroup: string | undefined
}

export type ProxySettings = {
  /** Addresses and networks whose X-Forwarded-* headers count; none unless the operator names them. */
  readonly trusted: readonly string[]
  /** Header that names the user, lower case; undefined: no identity from headers. */
  readonly userHeader: string | undefined
  readonly groupsHeader: string | undefined
}
