#!/usr/bin/env bash
# Makes the certificates of this folder anew, with the openssl program. All of them are made up; the keys are thrown away.
set -euo pipefail
cd "$(dirname "$0")"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

key() { # key FILE KIND
    case $2 in
    rsa*) openssl genpkey -quiet -algorithm RSA -pkeyopt "rsa_keygen_bits:${2#rsa}" -out "$1" ;;
    p*) openssl genpkey -algorithm EC -pkeyopt "ec_paramgen_curve:P-${2#p}" -pkeyopt ec_param_enc:named_curve -out "$1" ;;
    ed25519) openssl genpkey -algorithm ED25519 -out "$1" ;;
    esac 2>/dev/null
}

authority() { # authority NAME KIND SUBJECT
    key "$work/$1.key" "$2"
    openssl req -x509 -new -utf8 -key "$work/$1.key" -days 9000 -subj "$3" -out "$work/$1.pem" \
        -addext basicConstraints=critical,CA:TRUE,pathlen:0 -addext keyUsage=critical,keyCertSign,cRLSign
}

certificate() { # certificate FILE KEY-KIND AUTHORITY SERIAL SUBJECT <EXTENSIONS
    key "$work/card.key" "$2"
    { echo '[extensions]'; cat; } >"$work/extensions.cnf"
    openssl req -new -utf8 -key "$work/card.key" -subj "$5" -out "$work/card.csr"
    openssl x509 -req -in "$work/card.csr" -CA "$work/$3.pem" -CAkey "$work/$3.key" -set_serial "$4" -days 8000 \
        -extfile "$work/extensions.cnf" -extensions extensions -outform DER -out "$1.der" 2>/dev/null
    echo "$1.der: $(stat -c %s "$1.der") bytes"
}

authority federal rsa2048 '/C=US/O=Example Government/OU=Agency of Examples/OU=Certification Authorities/CN=Agency CA 3'
authority contoso rsa2048 '/DC=com/DC=contoso/CN=Contoso Issuing CA 01'
authority widgets p384 '/C=GB/O=Widgets plc/CN=Widgets Card CA'

piv_extensions() { # piv_extensions NAMES
    cat <<EXTENSIONS
keyUsage=critical,digitalSignature
extendedKeyUsage=clientAuth,1.3.6.1.4.1.311.20.2.2,1.3.6.1.5.2.3.4,anyExtendedKeyUsage
subjectKeyIdentifier=hash
authorityKeyIdentifier=keyid
certificatePolicies=2.16.840.1.101.3.2.1.3.13
authorityInfoAccess=caIssuers;URI:http://pki.agency.example/aia/ca3.p7c,OCSP;URI:http://ocsp.agency.example
crlDistributionPoints=URI:http://pki.agency.example/crl/ca3.crl
2.16.840.1.101.3.6.9.1=ASN1:BOOLEAN:FALSE
subjectAltName=@names
[names]
otherName.1=2.16.840.1.101.3.6.6;FORMAT:HEX,OCT:d43210d828210c2d10843085a1685a0842108421087302a4ec
URI.1=urn:uuid:7c9e6679-7425-40de-944b-e07fc1f90ae7
$1
EXTENSIONS
}

subject='/C=US/O=Example Government/OU=Agency of Examples/OU=PIV/CN=EXAMPLE.ADA.1234567890'
for kind in rsa2048 p256; do
    piv_extensions 'otherName.2=1.3.6.1.4.1.311.20.2.3;UTF8:1234567890@mil' | certificate piv-$kind $kind federal 0x5A0B17C3D2 "$subject"
done
piv_extensions '' | certificate pivi-p384 p384 federal 0x00c1d2e3f40516273849 '/C=US/O=Partner Inc/OU=PIV-I/serialNumber=7c9e6679'

contoso() {
    cat <<'EXTENSIONS'
keyUsage=critical,digitalSignature,keyEncipherment
extendedKeyUsage=clientAuth,emailProtection,1.3.6.1.4.1.311.20.2.2
subjectKeyIdentifier=hash
authorityKeyIdentifier=keyid
1.3.6.1.4.1.311.21.7=ASN1:SEQUENCE:template
1.3.6.1.4.1.311.21.10=ASN1:SEQUENCE:application
1.3.6.1.4.1.311.25.2=ASN1:SEQUENCE:security
authorityInfoAccess=caIssuers;URI:http://pki.contoso.com/issuing.crt,OCSP;URI:http://ocsp.contoso.com
crlDistributionPoints=URI:http://pki.contoso.com/issuing.crl
certificatePolicies=1.3.6.1.4.1.99999.1.1,@policy
subjectAltName=@names
[policy]
policyIdentifier=1.3.6.1.4.1.99999.1.2
CPS.1=https://pki.contoso.com/cps
userNotice.1=@notice
[notice]
explicitText=UTF8:Issued under the example practice statement.
[names]
otherName.1=1.3.6.1.4.1.311.20.2.3;UTF8:ada.example@contoso.com
email.1=ada@mail.contoso.com
URI.1=tag:microsoft.com\,2022-09-14:sid:S-1-5-21-1111111111-2222222222-333333333-1104
[template]
id=OID:1.3.6.1.4.1.311.21.8.1111111.2222222.3333333.4444444.5555555.66.7777777.8888888
major=INTEGER:100
minor=INTEGER:7
[application]
first=SEQUENCE:purpose
[purpose]
id=OID:1.3.6.1.5.5.7.3.2
[security]
name=IMPLICIT:0,SEQUENCE:identifier
[identifier]
id=OID:1.3.6.1.4.1.311.25.2.1
value=EXPLICIT:0,OCT:S-1-5-21-1111111111-2222222222-333333333-1104
EXTENSIONS
}
subject='/DC=com/DC=contoso/OU=Users/CN=Ada Example/emailAddress=ada@mail.contoso.com'
for kind in rsa2048 rsa4096 p256; do
    contoso | certificate adcs-$kind $kind contoso 0x4a00000017b1a9d3c5e7f900000000000017 "$subject"
done

certificate small-p256 p256 widgets 7 '/CN=Bob Small' <<'EXTENSIONS'
keyUsage=critical,digitalSignature
extendedKeyUsage=clientAuth,1.3.6.1.4.1.311.20.2.2
subjectAltName=otherName:1.3.6.1.4.1.311.20.2.3;UTF8:bob@widgets.example
EXTENSIONS

certificate mail-only-ed25519 ed25519 widgets 8 '/CN=Eve Mail' <<'EXTENSIONS'
keyUsage=critical,digitalSignature
subjectAltName=email:eve@widgets.example
basicConstraints=CA:FALSE
EXTENSIONS

certificate international-p384 p384 widgets 0x7fffffffffffffffffff '/C=DE/O=Bücher GmbH/SN=Ünal/GN=Åsa/serialNumber=E4711+CN=Åsa Ünal' <<'EXTENSIONS'
keyUsage=critical,digitalSignature,nonRepudiation
extendedKeyUsage=1.3.6.1.4.1.311.20.2.2,clientAuth
1.3.6.1.4.1.311.20.2=ASN1:BMP:SmartcardLogon
basicConstraints=critical,CA:FALSE
authorityKeyIdentifier=keyid:always,issuer:always
crlDistributionPoints=point
subjectAltName=@names
[point]
fullname=URI:http://crl.widgets.example/ca.crl,URI:ldap:///CN=CA?certificateRevocationList
CRLissuer=dirName:issuer
reasons=keyCompromise,CACompromise
[issuer]
CN=Widgets CRL Issuer
[names]
email.1=asa@buecher.example
otherName.1=1.3.6.1.4.1.311.20.2.3;FORMAT:UTF8,BMP:åsa.ünal@bücher.example
dirName.1=directory
DNS.1=card.buecher.example
IP.1=192.0.2.1
RID.1=1.2.3.4
[directory]
CN=Åsa
EXTENSIONS

certificate two-names-rsa2048 rsa2048 contoso 9 '/CN=Two Names' <<'EXTENSIONS'
keyUsage=critical,digitalSignature
extendedKeyUsage=clientAuth,1.3.6.1.4.1.311.20.2.2
subjectAltName=otherName:1.3.6.1.4.1.311.20.2.3;UTF8:first@contoso.com,otherName:1.3.6.1.4.1.311.20.2.3;UTF8:second@contoso.com
EXTENSIONS

certificate ca-p384 p384 widgets 0 '/CN=Widgets Sub CA' <<'EXTENSIONS'
keyUsage=critical,keyCertSign,cRLSign
basicConstraints=critical,CA:TRUE,pathlen:2
subjectKeyIdentifier=hash
nameConstraints=permitted;email:widgets.example
EXTENSIONS
