/** Metrics that neither the dashboard nor an alert shows, and why. */

export const WITHOUT_PLACE: Readonly<Record<string, string>> = {
  kafka_adapter_connection_max_requests: 'a setting; the status page shows it',
  kafka_adapter_connection_max_close_rate: 'a setting; its effect is the limit in use, which has a panel',
  kafka_adapter_http_unread_bytes:
    'bounded; what the bound ends is among the closes by reason, which have a panel',
};
