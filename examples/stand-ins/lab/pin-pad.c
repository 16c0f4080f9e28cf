/*
 * A driver (IFD handler) for pcscd that adds features to vpcd's virtual reader, for tests.
 *
 * It forwards every call to a copy of vpcd's own driver, which lies beside it: what is pin-pad-0.so or extended-0.so here
 * is libifdvpcd-0.so there. It tells that the reader takes extended APDUs (PC/SC part 10, section 2.6.14), and as
 * pin-pad-0.so it has a PIN pad, FEATURE_VERIFY_PIN_DIRECT (section 2.5.2). What the person at the pad does is read from the
 * file pin-pad-0.so.SLOT, once it appears, and the file is removed then: digits, "cancel" or "time-out".
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <dlfcn.h>
#include <ifdhandler.h>
#include <limits.h>
#include <reader.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define VERIFY_PIN SCARD_CTL_CODE(0x330000 + FEATURE_VERIFY_PIN_DIRECT)
#define GET_PROPERTIES SCARD_CTL_CODE(0x330000 + FEATURE_GET_TLV_PROPERTIES)

#define PATIENCE_MS 30000
#define LOOK_EVERY_MS 10

enum { TIMED_OUT = 0x6400, CANCELLED = 0x6401, WRONG_LENGTH = 0x6403, WRONG_STRUCTURE = 0x6B80 };

/* Where this copy of the library lies. */
static const char *own_path(void)
{
    Dl_info info;
    return dladdr(&own_path, &info) != 0 ? info.dli_fname : "";
}

/* The name of this copy without its folder. */
static const char *own_name(void)
{
    const char *path = own_path(), *folder = strrchr(path, '/');
    return folder == NULL ? path : folder + 1;
}

static bool has_pad(void)
{
    static const char pad[] = "pin-pad-";
    return strncmp(own_name(), pad, sizeof pad - 1) == 0;
}

/* A function of vpcd's driver beside this one, which has the same number. */
static void *forward(const char *name)
{
    static void *driver;
    if (driver == NULL) {
        const char *path = own_path(), *own = own_name(), *number = strrchr(own, '-');
        char beside[PATH_MAX];
        if (number == NULL)
            return NULL;
        int length = snprintf(beside, sizeof beside, "%.*slibifdvpcd%s", (int)(own - path), path, number);
        if (length < 0 || (size_t)length >= sizeof beside)
            return NULL;
        driver = dlopen(beside, RTLD_NOW | RTLD_LOCAL);
        if (driver == NULL)
            return NULL;
    }
    return dlsym(driver, name);
}

#define FORWARD(function, parameters, arguments)                           \
    RESPONSECODE function parameters                                       \
    {                                                                      \
        RESPONSECODE(*to) parameters;                                      \
        *(void **)&to = forward(#function);                                \
        return to == NULL ? IFD_COMMUNICATION_ERROR : to arguments;        \
    }

FORWARD(IFDHCreateChannelByName, (DWORD lun, LPSTR name), (lun, name))
FORWARD(IFDHCreateChannel, (DWORD lun, DWORD channel), (lun, channel))
FORWARD(IFDHCloseChannel, (DWORD lun), (lun))
FORWARD(IFDHGetCapabilities, (DWORD lun, DWORD tag, PDWORD length, PUCHAR value), (lun, tag, length, value))
FORWARD(IFDHSetCapabilities, (DWORD lun, DWORD tag, DWORD length, PUCHAR value), (lun, tag, length, value))
FORWARD(IFDHSetProtocolParameters, (DWORD lun, DWORD protocol, UCHAR flags, UCHAR p1, UCHAR p2, UCHAR p3),
        (lun, protocol, flags, p1, p2, p3))
FORWARD(IFDHPowerICC, (DWORD lun, DWORD action, PUCHAR atr, PDWORD length), (lun, action, atr, length))
FORWARD(IFDHTransmitToICC,
        (DWORD lun, SCARD_IO_HEADER send, PUCHAR command, DWORD length, PUCHAR answer, PDWORD answer_length,
         PSCARD_IO_HEADER receive),
        (lun, send, command, length, answer, answer_length, receive))
FORWARD(IFDHICCPresence, (DWORD lun), (lun))

/* Waits for the person at the pad; the number of digits, or minus a status word. */
static int read_pad(DWORD lun, char *digits, size_t room)
{
    char path[PATH_MAX];
    int length = snprintf(path, sizeof path, "%s.%lu", own_path(), (unsigned long)(lun & 0xFFFF));
    if (length < 0 || (size_t)length >= sizeof path)
        return -WRONG_STRUCTURE;
    for (int waited = 0; waited < PATIENCE_MS; waited += LOOK_EVERY_MS) {
        FILE *file = fopen(path, "r");
        if (file != NULL) {
            size_t read = fread(digits, 1, room, file);
            fclose(file);
            unlink(path);
            if (read == 6 && memcmp(digits, "cancel", 6) == 0)
                return -CANCELLED;
            if (read == 8 && memcmp(digits, "time-out", 8) == 0)
                return -TIMED_OUT;
            return (int)read;
        }
        usleep(LOOK_EVERY_MS * 1000);
    }
    return -TIMED_OUT;
}

static RESPONSECODE answer_bytes(const void *bytes, size_t count, PUCHAR answer, DWORD room, LPDWORD length)
{
    if (room < count)
        return IFD_ERROR_INSUFFICIENT_BUFFER;
    memcpy(answer, bytes, count);
    *length = count;
    return IFD_SUCCESS;
}

static RESPONSECODE answer_with(int status, PUCHAR answer, DWORD room, LPDWORD length)
{
    const UCHAR word[] = {(UCHAR)(status >> 8), (UCHAR)status};
    return answer_bytes(word, sizeof word, answer, room, length);
}

/* Puts the digits into the command as the structure says (bytes, ASCII, left-justified: PIV's form) and sends it. */
static RESPONSECODE verify_pin(DWORD lun, const UCHAR *order, DWORD order_length, PUCHAR answer, DWORD room,
                               LPDWORD length)
{
    PIN_VERIFY_STRUCTURE verify;
    UCHAR command[5 + 255 + 1];
    if (order_length < sizeof verify)
        return IFD_COMMUNICATION_ERROR;
    memcpy(&verify, order, sizeof verify);
    DWORD command_length = order_length - sizeof verify;
    size_t at = 5 + ((verify.bmFormatString >> 3) & 0x0F);
    size_t block = verify.bmPINBlockString & 0x0F;
    int units_and_form = verify.bmFormatString & 0x87;
    if (verify.ulDataLength != command_length || command_length > sizeof command || at + block > command_length ||
        units_and_form != 0x82)
        return answer_with(WRONG_STRUCTURE, answer, room, length);
    memcpy(command, order + sizeof verify, command_length);

    char digits[16];
    int count = read_pad(lun, digits, sizeof digits);
    if (count < 0)
        return answer_with(-count, answer, room, length);
    if (count < verify.wPINMaxExtraDigit >> 8 || count > (verify.wPINMaxExtraDigit & 0xFF) || (size_t)count > block)
        return answer_with(WRONG_LENGTH, answer, room, length);
    memcpy(command + at, digits, (size_t)count);

    SCARD_IO_HEADER send = {.Protocol = 1, .Length = sizeof send}, receive = send;
    *length = room;
    return IFDHTransmitToICC(lun, send, command, command_length, answer, length, &receive);
}

RESPONSECODE IFDHControl(DWORD lun, DWORD code, PUCHAR order, DWORD order_length, PUCHAR answer, DWORD room,
                         LPDWORD length)
{
    if (code == CM_IOCTL_GET_FEATURE_REQUEST) {
        const PCSC_TLV_STRUCTURE features[] = {
            {.tag = FEATURE_GET_TLV_PROPERTIES, .length = 4, .value = htonl(GET_PROPERTIES)},
            {.tag = FEATURE_VERIFY_PIN_DIRECT, .length = 4, .value = htonl(VERIFY_PIN)},
        };
        return answer_bytes(features, has_pad() ? sizeof features : sizeof features[0], answer, room, length);
    }
    if (code == GET_PROPERTIES) {
        /* Tag, length, and 64 KiB with the least significant byte first. */
        static const UCHAR properties[] = {PCSCv2_PART10_PROPERTY_dwMaxAPDUDataSize, 4, 0, 0, 1, 0};
        return answer_bytes(properties, sizeof properties, answer, room, length);
    }
    if (code == VERIFY_PIN && has_pad())
        return verify_pin(lun, order, order_length, answer, room, length);

    RESPONSECODE (*to)(DWORD, DWORD, PUCHAR, DWORD, PUCHAR, DWORD, LPDWORD);
    *(void **)&to = forward("IFDHControl");
    return to == NULL ? IFD_COMMUNICATION_ERROR : to(lun, code, order, order_length, answer, room, length);
}
