locals {
  # A connector cannot change, and its successor must be there before the
  # service lets go of it. So the name says what it leads to.
  _leads_to = concat(sort(var.subnet_ids), [aws_security_group.this.id])

  connector_name = "${var.name}-${substr(sha256(join(",", local._leads_to)), 0, 8)}"
}

resource "aws_security_group" "this" {
  name        = "${var.name}-egress"
  description = "Outgoing traffic of ${var.name}"
  vpc_id      = var.vpc_id

  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_vpc_security_group_egress_rule" "this" {
  for_each = var.egress_rules

  security_group_id = aws_security_group.this.id
  description       = each.key

  cidr_ipv4                    = each.value.cidr_ipv4
  prefix_list_id               = each.value.prefix_list_id
  referenced_security_group_id = each.value.security_group_id

  from_port   = each.value.from_port
  to_port     = coalesce(each.value.to_port, each.value.from_port)
  ip_protocol = each.value.protocol

  # Until the service has moved, it still goes out by the rules of the former
  # group.
  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_apprunner_vpc_connector" "this" {
  vpc_connector_name = local.connector_name
  security_groups    = [aws_security_group.this.id]
  subnets            = var.subnet_ids

  lifecycle {
    create_before_destroy = true
  }
}
