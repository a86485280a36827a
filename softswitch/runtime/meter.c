#include "meter.h"

#define MILLION 1000000u

static struct sw_bucket bucket(uint64_t rate, uint64_t burst)
{
    sw_u128 full = (sw_u128)burst * MILLION;
    return (struct sw_bucket){.rate = rate, .burst = full, .tokens = full};
}

void sw_meter_set(struct sw_meter *meter, const uint64_t *config)
{
    *meter = (struct sw_meter){0};
    if (config == NULL)
        return;
    meter->committed = bucket(config[0], config[1]);
    meter->peak = bucket(config[2], config[3]);
    meter->configured = true;
}

bool sw_meter_get(const struct sw_meter *meter, uint64_t *config)
{
    if (meter == NULL || !meter->configured)
        return false;
    config[0] = meter->committed.rate;
    config[1] = (uint64_t)(meter->committed.burst / MILLION);
    config[2] = meter->peak.rate;
    config[3] = (uint64_t)(meter->peak.burst / MILLION);
    return true;
}

static void fill(struct sw_bucket *bucket, uint64_t elapsed_us)
{
    sw_u128 tokens = bucket->tokens + (sw_u128)bucket->rate * elapsed_us;
    bucket->tokens = tokens < bucket->burst ? tokens : bucket->burst;
}

/* RFC 2698 section 3: "When a packet of size B bytes arrives at time t [...] if Tp(t)-B < 0, the packet
 * is red, else if Tc(t)-B < 0, the packet is yellow and Tp is decremented by B, else the packet is
 * green and both Tp and Tc are decremented by B." */
enum sw_colour sw_meter_execute(struct sw_meter *meter, uint64_t now_us, uint64_t units)
{
    if (meter == NULL || !meter->configured)
        return SW_GREEN;
    if (meter->started && now_us > meter->last_us) {
        fill(&meter->committed, now_us - meter->last_us);
        fill(&meter->peak, now_us - meter->last_us);
    }
    if (!meter->started || now_us > meter->last_us)
        meter->last_us = now_us;
    meter->started = true;
    sw_u128 cost = (sw_u128)units * MILLION;
    if (meter->peak.tokens < cost)
        return SW_RED;
    meter->peak.tokens -= cost;
    if (meter->committed.tokens < cost)
        return SW_YELLOW;
    meter->committed.tokens -= cost;
    return SW_GREEN;
}
