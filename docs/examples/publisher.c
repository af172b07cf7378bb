/* A two-lead device at 500 Hz that speaks ECGM/1 with libzmq alone; its msgpack is written by hand.
 *
 *     cc -std=c99 -o publisher publisher.c -lzmq -lm
 *     ./publisher [ENDPOINT [BED [SECONDS]]]
 */
#define _POSIX_C_SOURCE 199309L
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <zmq.h>

enum { FS_HZ = 500, CHUNK = 20, LEADS = 2, LAYOUT = 1 };

/* Just enough msgpack. */
static unsigned char buffer[1024];
static size_t length;

static void byte(unsigned value) { buffer[length++] = (unsigned char)value; }
static void map(unsigned fields) { length = 0; byte(0x80 | fields); /* up to 15 */ }
static void list(unsigned items) { byte(0x90 | items); /* up to 15 */ }

static void text(const char *value)
{
    size_t n = strlen(value); /* up to 255 */
    byte(0xd9), byte((unsigned)n);
    memcpy(buffer + length, value, n);
    length += n;
}

static void number(uint64_t value)
{
    byte(0xcf);
    for (int shift = 56; shift >= 0; shift -= 8)
        byte((unsigned)(value >> shift) & 0xff);
}

static void common(const char *publisher)
{
    text("v"), list(2), number(1), number(0);
    text("pub"), text(publisher);
}

static void control(void *socket, const char *topic)
{
    zmq_send(socket, topic, strlen(topic), ZMQ_SNDMORE);
    zmq_send(socket, buffer, length, 0);
}

static void hello(void *socket, const char *topic, const char *publisher)
{
    map(9), common(publisher);
    text("type"), text("hello");
    text("leads"), list(LEADS), text("II"), text("V1");
    text("fs"), number(FS_HZ);
    text("payload"), text("int16");
    text("gain"), number(1); /* microvolts per step, for all leads */
    text("layout"), number(LAYOUT);
    text("device"), text("C example");
    control(socket, topic);
}

static void tell(void *socket, const char *topic, const char *publisher, const char *type)
{
    map(3), common(publisher);
    text("type"), text(type);
    control(socket, topic);
}

static void data(void *socket, const char *topic, const char *publisher, uint64_t seq)
{
    unsigned char payload[CHUNK * LEADS * 2];
    for (int k = 0; k < CHUNK; k++) {
        double t = 2 * 3.14159265358979 * (double)(seq * CHUNK + k) / FS_HZ;
        int16_t step[LEADS] = {(int16_t)lrint(1000 * sin(t)), (int16_t)lrint(1000 * cos(t))};
        for (int lead = 0; lead < LEADS; lead++) { /* little-endian on any machine; -32768 is "invalid" */
            payload[2 * (k * LEADS + lead)] = (unsigned char)((uint16_t)step[lead] & 0xff);
            payload[2 * (k * LEADS + lead) + 1] = (unsigned char)((uint16_t)step[lead] >> 8);
        }
    }
    map(7), common(publisher);
    text("seq"), number(seq);
    text("first"), number(seq * CHUNK);
    text("n"), number(CHUNK);
    text("fs"), number(FS_HZ);
    text("layout"), number(LAYOUT);
    zmq_send(socket, topic, strlen(topic), ZMQ_SNDMORE);
    zmq_send(socket, buffer, length, ZMQ_SNDMORE);
    zmq_send(socket, payload, sizeof payload, 0);
}

int main(int argc, char **argv)
{
    const char *endpoint = argc > 1 ? argv[1] : "tcp://127.0.0.1:7310";
    const char *bed = argc > 2 ? argv[2] : "ward.1";
    double seconds = argc > 3 ? atof(argv[3]) : 60;
    char samples[80], twin[80], publisher[32], change[256];
    int verbose = 1;
    struct timespec pause = {0, 1000000000L / FS_HZ * CHUNK};

    snprintf(samples, sizeof samples, "ecg1.%s.", bed);
    snprintf(twin, sizeof twin, "ecg1c.%s.", bed);
    srand((unsigned)time(NULL));
    snprintf(publisher, sizeof publisher, "c-%ld-%d", (long)time(NULL), rand()); /* new at every boot */

    void *context = zmq_ctx_new(), *socket = zmq_socket(context, ZMQ_XPUB);
    zmq_setsockopt(socket, ZMQ_XPUB_VERBOSE, &verbose, sizeof verbose);
    if (zmq_connect(socket, endpoint) != 0) {
        fprintf(stderr, "%s: %s\n", endpoint, zmq_strerror(zmq_errno()));
        return 2;
    }
    zmq_recv(socket, change, sizeof change, 0); /* wait for a monitor */
    hello(socket, twin, publisher);
    for (uint64_t seq = 0; seq < (uint64_t)(seconds * FS_HZ / CHUNK); seq++) {
        while (zmq_recv(socket, change, sizeof change, ZMQ_DONTWAIT) >= 0)
            hello(socket, twin, publisher); /* a monitor that came late */
        if (seq % 25 == 0)
            tell(socket, twin, publisher, "heartbeat");
        if (seq % 125 == 0)
            hello(socket, twin, publisher);
        data(socket, samples, publisher, seq);
        nanosleep(&pause, NULL);
    }
    tell(socket, twin, publisher, "bye");
    zmq_close(socket);
    return zmq_ctx_term(context);
}
