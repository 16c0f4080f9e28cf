/*
 * A PKCS#11 module, for tests, that passes every call on to another module and can let a call go wrong.
 *
 * Beside it (this being shim.so) lie
 *   shim.so.module   the path of the other module
 *   shim.so.calls    written here: a line "C_Sign 0" for each call, with its return value in hexadecimal
 *   shim.so.fault    read and removed here before a call: "N KIND", N counted from 1, this call being the first; KIND is
 *                    return=HEX (the call is not passed on), hang, crash, or wrong-signature
 *   shim.so.pad      if it is there, tokens have a protected authentication path, and a login without a PIN takes this
 *                    file's content for it; "cancel" and "time-out" are what they say
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Every argument of PKCS#11 is a word or smaller, and none has more than eight of them: one shape passes them all on. */
typedef unsigned long word;
typedef word function(word, word, word, word, word, word, word, word);

/* PKCS#11 2.40, CK_FUNCTION_LIST, in its order. */
#define FUNCTIONS(F)                                                                                                   \
    F(C_Initialize) F(C_Finalize) F(C_GetInfo) F(C_GetFunctionList) F(C_GetSlotList) F(C_GetSlotInfo)                  \
    F(C_GetTokenInfo) F(C_GetMechanismList) F(C_GetMechanismInfo) F(C_InitToken) F(C_InitPIN) F(C_SetPIN)              \
    F(C_OpenSession) F(C_CloseSession) F(C_CloseAllSessions) F(C_GetSessionInfo) F(C_GetOperationState)                \
    F(C_SetOperationState) F(C_Login) F(C_Logout) F(C_CreateObject) F(C_CopyObject) F(C_DestroyObject)                 \
    F(C_GetObjectSize) F(C_GetAttributeValue) F(C_SetAttributeValue) F(C_FindObjectsInit) F(C_FindObjects)             \
    F(C_FindObjectsFinal) F(C_EncryptInit) F(C_Encrypt) F(C_EncryptUpdate) F(C_EncryptFinal) F(C_DecryptInit)          \
    F(C_Decrypt) F(C_DecryptUpdate) F(C_DecryptFinal) F(C_DigestInit) F(C_Digest) F(C_DigestUpdate) F(C_DigestKey)     \
    F(C_DigestFinal) F(C_SignInit) F(C_Sign) F(C_SignUpdate) F(C_SignFinal) F(C_SignRecoverInit) F(C_SignRecover)      \
    F(C_VerifyInit) F(C_Verify) F(C_VerifyUpdate) F(C_VerifyFinal) F(C_VerifyRecoverInit) F(C_VerifyRecover)           \
    F(C_DigestEncryptUpdate) F(C_DecryptDigestUpdate) F(C_SignEncryptUpdate) F(C_DecryptVerifyUpdate) F(C_GenerateKey) \
    F(C_GenerateKeyPair) F(C_WrapKey) F(C_UnwrapKey) F(C_DeriveKey) F(C_SeedRandom) F(C_GenerateRandom)                \
    F(C_GetFunctionStatus) F(C_CancelFunction) F(C_WaitForSlotEvent)

#define INDEX(name) AT_##name,
enum { FUNCTIONS(INDEX) COUNT };

struct function_list {
    unsigned char major, minor;
    function *at[COUNT];
};

enum { CKR_OK = 0, CKR_GENERAL_ERROR = 5, CKR_FUNCTION_FAILED = 6, CKR_FUNCTION_CANCELED = 0x50 };

/* CK_TOKEN_INFO: label, manufacturer, model and serial number stand before its flags. */
#define FLAGS_OFFSET (32 + 32 + 16 + 16)
#define CKF_PROTECTED_AUTHENTICATION_PATH 0x100

static pthread_mutex_t one_at_a_time = PTHREAD_MUTEX_INITIALIZER;
static struct function_list *real;
static struct {
    int calls_to_go;
    char kind[32];
} fault;

/* Opens what lies beside this library under another ending. */
static FILE *beside(const char *ending, const char *mode, char path[PATH_MAX])
{
    Dl_info info;
    if (dladdr(&one_at_a_time, &info) == 0)
        return NULL;
    int length = snprintf(path, PATH_MAX, "%s.%s", info.dli_fname, ending);
    return length < 0 || length >= PATH_MAX ? NULL : fopen(path, mode);
}

static size_t read_beside(const char *ending, char *text, size_t room)
{
    char path[PATH_MAX];
    FILE *file = beside(ending, "r", path);
    if (file == NULL)
        return 0;
    size_t length = fread(text, 1, room - 1, file);
    fclose(file);
    text[length] = 0;
    return length;
}

static void write_call(const char *name, word value)
{
    char path[PATH_MAX];
    FILE *file = beside("calls", "a", path);
    if (file != NULL) {
        fprintf(file, "%s %lX\n", name, value);
        fclose(file);
    }
}

/* Counts this call; its fault, or an empty string. */
static void next_fault(char kind[sizeof fault.kind])
{
    char path[PATH_MAX];
    kind[0] = 0;
    pthread_mutex_lock(&one_at_a_time);
    FILE *file = beside("fault", "r", path);
    if (file != NULL) {
        if (fscanf(file, "%d %31s", &fault.calls_to_go, fault.kind) != 2)
            fault.calls_to_go = 0;
        fclose(file);
        unlink(path);
    }
    if (fault.calls_to_go > 0 && --fault.calls_to_go == 0)
        strcpy(kind, fault.kind);
    pthread_mutex_unlock(&one_at_a_time);
}

static void turn_a_bit(word signature, word length)
{
    unsigned char *bytes = (unsigned char *)signature;
    if (bytes != NULL && *(word *)length > 0)
        bytes[*(word *)length - 1] ^= 1;
}

static struct function_list shim;

static word pass_on(int at, word a, word b, word c, word d, word e, word f, word g, word h)
{
    char pin[64];
    if (at == AT_C_GetFunctionList) {
        *(struct function_list **)a = &shim;
        return CKR_OK;
    }
    if (at == AT_C_Login && c == 0 && read_beside("pad", pin, sizeof pin) > 0) {
        if (strcmp(pin, "cancel") == 0)
            return CKR_FUNCTION_CANCELED;
        if (strcmp(pin, "time-out") == 0)
            return CKR_FUNCTION_FAILED;
        c = (word)pin;
        d = strlen(pin);
    }
    word value = real->at[at](a, b, c, d, e, f, g, h);
    if (at == AT_C_GetTokenInfo && value == CKR_OK && read_beside("pad", pin, sizeof pin) > 0)
        *(word *)(b + FLAGS_OFFSET) |= CKF_PROTECTED_AUTHENTICATION_PATH;
    return value;
}

static word call(int at, const char *name, word a, word b, word c, word d, word e, word f, word g, word h)
{
    char kind[sizeof fault.kind];
    word value;
    next_fault(kind);
    if (strncmp(kind, "return=", 7) == 0) {
        value = strtoul(kind + 7, NULL, 16);
    } else if (strcmp(kind, "crash") == 0) {
        abort();
    } else if (strcmp(kind, "hang") == 0) {
        for (;;)
            pause();
    } else {
        value = pass_on(at, a, b, c, d, e, f, g, h);
        if (strcmp(kind, "wrong-signature") == 0 && value == CKR_OK && at == AT_C_Sign)
            turn_a_bit(d, e);
        if (strcmp(kind, "wrong-signature") == 0 && value == CKR_OK && at == AT_C_SignFinal)
            turn_a_bit(b, c);
    }
    write_call(name, value);
    return value;
}

#define WRAP(name)                                                               \
    static word shim_##name(word a, word b, word c, word d, word e, word f, word g, word h) \
    {                                                                            \
        return call(AT_##name, #name, a, b, c, d, e, f, g, h);                   \
    }
FUNCTIONS(WRAP)

#define ENTRY(name) shim_##name,
static struct function_list shim = {2, 40, {FUNCTIONS(ENTRY)}};

word C_GetFunctionList(struct function_list **list)
{
    pthread_mutex_lock(&one_at_a_time);
    if (real == NULL) {
        char path[PATH_MAX];
        if (read_beside("module", path, sizeof path) > 0) {
            void *module = dlopen(path, RTLD_NOW | RTLD_LOCAL);
            word (*get)(struct function_list **) = NULL;
            if (module != NULL)
                *(void **)&get = dlsym(module, "C_GetFunctionList");
            if (get == NULL || get(&real) != CKR_OK)
                real = NULL;
        }
    }
    pthread_mutex_unlock(&one_at_a_time);
    if (real == NULL)
        return CKR_GENERAL_ERROR;
    *list = &shim;
    return CKR_OK;
}
