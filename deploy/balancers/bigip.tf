# TCP balancing for kafka-adapter on a BIG-IP; see docs/balancers/bigip.md.

terraform {
  required_providers {
    bigip = {
      source = "F5Networks/bigip"
    }
  }
}

variable "virtual_address" {
  type    = string
  default = "192.0.2.10"
}

variable "replicas" {
  type    = set(string)
  default = ["198.51.100.11:8080", "198.51.100.12:8080", "198.51.100.13:8080"]
}

# The word draining disables the member at once and leaves it the connections it has.
resource "bigip_ltm_monitor" "ready" {
  name            = "/Common/kafka_adapter_ready"
  parent          = "/Common/http"
  interval        = 5
  timeout         = 16
  send            = "GET /-/ready HTTP/1.1\r\nHost: kafka-adapter\r\nConnection: close\r\n\r\n"
  receive         = "ready"
  receive_disable = "draining"
}

# Well above connection.idle_timeout (75 s) of the replicas, so that they close first.
resource "bigip_ltm_profile_fastl4" "remote_write" {
  name          = "/Common/kafka_adapter_l4"
  defaults_from = "/Common/fastL4"
  idle_timeout  = "300"
}

resource "bigip_ltm_pool" "replicas" {
  name                = "/Common/kafka_adapter_replicas"
  load_balancing_mode = "round-robin"
  service_down_action = "none"
  reselect_tries      = 2
  monitors            = [bigip_ltm_monitor.ready.name]
}

resource "bigip_ltm_pool_attachment" "replica" {
  for_each = var.replicas
  pool     = bigip_ltm_pool.replicas.name
  node     = each.value
}

resource "bigip_ltm_virtual_server" "remote_write" {
  name                       = "/Common/kafka_adapter_remote_write"
  destination                = var.virtual_address
  port                       = 8080
  ip_protocol                = "tcp"
  profiles                   = [bigip_ltm_profile_fastl4.remote_write.name]
  persistence_profiles       = []
  source_address_translation = "automap"
  pool                       = bigip_ltm_pool.replicas.name
}
