import { createHash, createPublicKey, type KeyObject, randomBytes, sign } from 'node:crypto'
import { isIP } from 'node:net'
import { AsnConvert, OctetString } from '@peculiar/asn1-schema'
import {
  AlgorithmIdentifier,
  AttributeTypeAndValue,
  AttributeValue,
  AuthorityKeyIdentifier,
  BasicConstraints,
  Certificate,
  ExtendedKeyUsage,
  Extension,
  Extensions,
  GeneralName,
  id_ce_authorityKeyIdentifier,
  id_ce_basicConstraints,
  id_ce_extKeyUsage,
  id_ce_keyUsage,
  id_ce_subjectAltName,
  id_ce_subjectKeyIdentifier,
  id_kp_serverAuth,
  KeyIdentifier,
  KeyUsage,
  KeyUsageFlags,
  Name,
  RelativeDistinguishedName,
  SubjectAlternativeName,
  SubjectKeyIdentifier,
  SubjectPublicKeyInfo,
  TBSCertificate,
  Validity,
  Version,
} from '@peculiar/asn1-x509'

/** What a certificate says. */
export interface CertificateFields {
  /** Whom it is for: the authority itself, or a server with this host, name or address. */
  readonly subject: { readonly authority: string } | { readonly host: string }
  readonly issuer: string
  /** P-256 keys: the subject's, and the one that signs. */
  readonly publicKey: KeyObject
  readonly issuerKey: KeyObject
  readonly notBefore: Date
  readonly notAfter: Date
}

const commonName = '2.5.4.3'
const ecdsaWithSha256 = '1.2.840.10045.4.3.2'

/** An X.509 certificate (RFC 5280) as PEM, with all that strict verifiers ask for. */
export function makeCertificate({ subject, issuer, publicKey, issuerKey, ...times }: CertificateFields): string {
  const tbsCertificate = new TBSCertificate({
    version: Version.v3,
    // Positive, and never twice.
    serialNumber: toArrayBuffer(Buffer.concat([Buffer.from([0x40]), randomBytes(15)])),
    signature: new AlgorithmIdentifier({ algorithm: ecdsaWithSha256 }),
    issuer: nameOf(issuer),
    validity: new Validity(times),
    // The host is in its extension: a common name is limited to 64 characters, and nobody reads it (RFC 9525).
    subject: nameOf('authority' in subject ? subject.authority : 'OpenHands sandbox proxy'),
    subjectPublicKeyInfo: AsnConvert.parse(spkiOf(publicKey), SubjectPublicKeyInfo),
    extensions: new Extensions([
      ...('authority' in subject ? authorityExtensions() : serverExtensions(subject.host)),
      extension(id_ce_subjectKeyIdentifier, new SubjectKeyIdentifier(keyIdentifier(publicKey))),
      extension(
        id_ce_authorityKeyIdentifier,
        new AuthorityKeyIdentifier({ keyIdentifier: new KeyIdentifier(keyIdentifier(createPublicKey(issuerKey))) }),
      ),
    ]),
  })
  const certificate = new Certificate({
    tbsCertificate,
    signatureAlgorithm: new AlgorithmIdentifier({ algorithm: ecdsaWithSha256 }),
    signatureValue: toArrayBuffer(sign('sha256', Buffer.from(AsnConvert.serialize(tbsCertificate)), issuerKey)),
  })
  const base64 = Buffer.from(AsnConvert.serialize(certificate)).toString('base64')
  return `-----BEGIN CERTIFICATE-----\n${base64.replace(/.{64}(?=.)/g, '$&\n')}\n-----END CERTIFICATE-----\n`
}

function authorityExtensions(): Extension[] {
  return [
    extension(id_ce_basicConstraints, new BasicConstraints({ cA: true, pathLenConstraint: 0 }), true),
    extension(id_ce_keyUsage, usage(KeyUsageFlags.keyCertSign), true),
  ]
}

function serverExtensions(host: string): Extension[] {
  const name = new GeneralName(isIP(host) === 0 ? { dNSName: host } : { iPAddress: host })
  return [
    extension(id_ce_basicConstraints, new BasicConstraints({ cA: false }), true),
    extension(id_ce_keyUsage, usage(KeyUsageFlags.digitalSignature), true),
    extension(id_ce_extKeyUsage, new ExtendedKeyUsage([id_kp_serverAuth])),
    extension(id_ce_subjectAltName, new SubjectAlternativeName([name])),
  ]
}

function extension(extnID: string, value: unknown, critical = false): Extension {
  return new Extension({ extnID, critical, extnValue: new OctetString(AsnConvert.serialize(value)) })
}

function usage(flags: number): KeyUsage {
  const value = new KeyUsage()
  value.fromNumber(flags)
  return value
}

function nameOf(text: string): Name {
  const value = new AttributeValue({ utf8String: text })
  return new Name([new RelativeDistinguishedName([new AttributeTypeAndValue({ type: commonName, value })])])
}

function spkiOf(key: KeyObject): Buffer {
  return key.export({ type: 'spki', format: 'der' })
}

function keyIdentifier(key: KeyObject): ArrayBuffer {
  return toArrayBuffer(createHash('sha1').update(spkiOf(key)).digest())
}

function toArrayBuffer(bytes: Buffer): ArrayBuffer {
  return Uint8Array.from(bytes).buffer
}
