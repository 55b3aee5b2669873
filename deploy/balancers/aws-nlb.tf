# TCP balancing for kafka-adapter by a Network Load Balancer; see docs/balancers/aws-nlb.md.

terraform {
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 5.80"
    }
  }
}

variable "vpc_id" {
  type = string
}

variable "subnet_ids" {
  type = list(string)
}

resource "aws_lb" "remote_write" {
  name               = "kafka-adapter"
  load_balancer_type = "network"
  internal           = true
  subnets            = var.subnet_ids
  # Without it each zone spreads over its own replicas only.
  enable_cross_zone_load_balancing = true
}

resource "aws_lb_target_group" "replicas" {
  name                 = "kafka-adapter"
  vpc_id               = var.vpc_id
  protocol             = "TCP"
  port                 = 8080
  target_type          = "ip"
  deregistration_delay = 60

  health_check {
    protocol            = "HTTP"
    path                = "/-/ready"
    matcher             = "200"
    interval            = 5
    timeout             = 3
    healthy_threshold   = 2
    unhealthy_threshold = 2
  }

  stickiness {
    type    = "source_ip"
    enabled = false
  }

  # A draining replica fails its check and still answers: its connections must not be cut.
  target_health_state {
    enable_unhealthy_connection_termination = false
  }
}

resource "aws_lb_listener" "remote_write" {
  load_balancer_arn = aws_lb.remote_write.arn
  protocol          = "TCP"
  port              = 8080
  # Well above connection.idle_timeout (75 s) of the replicas, so that they close first.
  tcp_idle_timeout_seconds = 350

  default_action {
    type             = "forward"
    target_group_arn = aws_lb_target_group.replicas.arn
  }
}
