#include "CMicroHTTPD.h"

#include <gnutls/gnutls.h>
#include <gnutls/x509.h>
#include <string.h>

/// libmicrohttpd asks for a certificate and looks at nothing: whether it is any good is decided here.
static enum cmhd_certificate verify(gnutls_session_t session) {
    unsigned int count = 0;
    if (gnutls_certificate_get_peers(session, &count) == NULL || count == 0) return cmhd_certificate_absent;
    // A certificate made for servers is none for a client, whoever signed it.
    gnutls_typed_vdata_st purpose = {GNUTLS_DT_KEY_PURPOSE_OID, (unsigned char *)GNUTLS_KP_TLS_WWW_CLIENT, 0};
    unsigned int status = ~0u;
    // The call succeeds for a bad certificate too; only a status of zero says that it is good.
    int result = gnutls_certificate_verify_peers(session, &purpose, 1, &status);
    return result == GNUTLS_E_SUCCESS && status == 0 ? cmhd_certificate_valid : cmhd_certificate_invalid;
}

static void tell(void *context, void (*name)(void *, const char *, size_t), const char *text, size_t count) {
    if (count > 0 && memchr(text, 0, count) == NULL) name(context, text, count);
}

static void tell_names(
    gnutls_x509_crt_t certificate, void *context, void (*name)(void *context, const char *name, size_t count)) {
    char text[1024];
    for (unsigned int index = 0;; index++) {
        size_t count = sizeof text;
        unsigned int critical;
        int type = gnutls_x509_crt_get_subject_alt_name(certificate, index, text, &count, &critical);
        if (type == GNUTLS_E_REQUESTED_DATA_NOT_AVAILABLE) break;
        if (type == GNUTLS_SAN_DNSNAME || type == GNUTLS_SAN_URI) tell(context, name, text, count);
    }
    size_t count = sizeof text;
    if (gnutls_x509_crt_get_dn_by_oid(certificate, GNUTLS_OID_X520_COMMON_NAME, 0, 0, text, &count) == 0)
        tell(context, name, text, count);
}

enum cmhd_certificate cmhd_verify_client(
    struct MHD_Connection *connection, void *context, void (*name)(void *context, const char *name, size_t count)) {
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_GNUTLS_SESSION);
    if (info == NULL || info->tls_session == NULL) return cmhd_certificate_absent;
    gnutls_session_t session = info->tls_session;
    enum cmhd_certificate worth = verify(session);
    if (worth != cmhd_certificate_valid) return worth;
    unsigned int count = 0;
    const gnutls_datum_t *chain = gnutls_certificate_get_peers(session, &count);
    gnutls_x509_crt_t certificate;
    if (chain == NULL || gnutls_x509_crt_init(&certificate) != GNUTLS_E_SUCCESS) return cmhd_certificate_invalid;
    if (gnutls_x509_crt_import(certificate, &chain[0], GNUTLS_X509_FMT_DER) == GNUTLS_E_SUCCESS)
        tell_names(certificate, context, name);
    else
        worth = cmhd_certificate_invalid;
    gnutls_x509_crt_deinit(certificate);
    return worth;
}
