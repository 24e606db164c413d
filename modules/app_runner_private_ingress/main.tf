data "aws_partition" "current" {}

data "aws_region" "current" {}

resource "aws_security_group" "this" {
  name        = "${var.name}-ingress"
  description = "Incoming traffic of ${var.name}"
  vpc_id      = var.vpc_id

  # AWS deletes no group that the endpoint still has.
  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_vpc_security_group_ingress_rule" "security_group" {
  for_each = var.allowed_security_group_ids

  security_group_id            = aws_security_group.this.id
  description                  = each.key
  referenced_security_group_id = each.value

  from_port   = 443
  to_port     = 443
  ip_protocol = "tcp"

  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_vpc_security_group_ingress_rule" "cidr_block" {
  for_each = var.allowed_cidr_blocks

  security_group_id = aws_security_group.this.id
  description       = each.key
  cidr_ipv4         = each.value

  from_port   = 443
  to_port     = 443
  ip_protocol = "tcp"

  lifecycle {
    create_before_destroy = true
  }
}

# App Runner takes no endpoint policy; the security group is what decides. Its
# private names resolve everywhere, so the endpoint needs no private zone.
resource "aws_vpc_endpoint" "this" {
  private_dns_enabled = false
  security_group_ids  = [aws_security_group.this.id]
  service_name        = "${data.aws_partition.current.reverse_dns_prefix}.${data.aws_region.current.id}.apprunner.requests"
  subnet_ids          = var.subnet_ids
  tags                = { Name = var.name }
  vpc_endpoint_type   = "Interface"
  vpc_id              = var.vpc_id
}

# What makes a connection the one that it is. The provider plans changes of them
# as updates that it then does not make.
resource "terraform_data" "identity" {
  input = {
    name            = var.name
    service_arn     = var.service_arn
    vpc_endpoint_id = aws_vpc_endpoint.this.id
    vpc_id          = var.vpc_id
  }
}

resource "aws_apprunner_vpc_ingress_connection" "this" {
  name        = var.name
  service_arn = var.service_arn

  ingress_vpc_configuration {
    vpc_endpoint_id = aws_vpc_endpoint.this.id
    vpc_id          = var.vpc_id
  }

  lifecycle {
    replace_triggered_by = [terraform_data.identity]
  }
}
