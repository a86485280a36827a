/* One entry of a table: what it is made of, and what a controller may change of it. */
#ifndef SW_ENTRY_H
#define SW_ENTRY_H

#include "table.h"

struct sw_entry *sw_entry_new(const struct sw_table_info *info);
void sw_entry_free(struct sw_entry *entry);
void sw_entry_identify(struct sw_entry *entry, const struct sw_table_info *info,
                       const struct sw_identity *identity);
void sw_entry_set_action(struct sw_entry *entry, uint32_t action, const uint64_t *args,
                         uint32_t nargs);
/* Zero and no octets are no cookies. */
void sw_entry_set_cookies(struct sw_entry *entry, uint64_t number, const uint8_t *octets,
                          uint32_t length);
/* Without a configuration (NULL) every packet is green. */
void sw_entry_set_meter(struct sw_entry *entry, const uint64_t *config);

#endif
