# ------------------------------------------------------------------------------
# REQUIRED
# ------------------------------------------------------------------------------

variable "name" {
  description = "The name that the connector and its security group begin with."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[A-Za-z0-9][A-Za-z0-9_-]{0,30}$", var.name)) && !startswith(var.name, "sg-")
    error_message = "The name must have 1 to 31 letters, digits, \"_\" or \"-\", begin with a letter or digit and not with \"sg-\"; a connector's name has 40, of which 9 are for a hash. Example: \"trending-now-staging\"."
  }
}

variable "subnet_ids" {
  description = "The subnets into which App Runner puts the application's network interfaces, best one in each of two or more zones."
  type        = set(string)
  nullable    = false

  validation {
    condition     = length(var.subnet_ids) >= 1 && length(var.subnet_ids) <= 16
    error_message = "A connector needs 1 to 16 subnets. Example: [aws_subnet.a.id, aws_subnet.b.id]."
  }
}

variable "vpc_id" {
  description = "The VPC of the subnets."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^vpc-[0-9a-f]+$", var.vpc_id))
    error_message = "The VPC must be given by its id. Example: \"vpc-0123456789abcdef0\"."
  }
}

# ------------------------------------------------------------------------------
# OPTIONAL
# ------------------------------------------------------------------------------

variable "egress_rules" {
  description = "Where the application may connect to, by a name of the caller's choice: one of an address range, a prefix list or a security group, and the ports. `to_port` is `from_port` unless it is given."
  type = map(object({
    cidr_ipv4         = optional(string)
    prefix_list_id    = optional(string)
    security_group_id = optional(string)
    from_port         = number
    to_port           = optional(number)
    protocol          = optional(string, "tcp")
  }))
  default = {
    https = {
      cidr_ipv4 = "0.0.0.0/0"
      from_port = 443
    }
  }
  nullable = false

  validation {
    condition     = alltrue([for key in keys(var.egress_rules) : can(regex("^[a-z][a-z0-9_]*$", key))])
    error_message = "Each key must be snake_case, because it becomes the description of a rule. Example: \"https\"."
  }

  validation {
    condition     = alltrue([for rule in values(var.egress_rules) : length([for target in [rule.cidr_ipv4, rule.prefix_list_id, rule.security_group_id] : target if target != null]) == 1])
    error_message = "Each rule must have exactly one of cidr_ipv4, prefix_list_id and security_group_id. Example: { cidr_ipv4 = \"10.0.0.0/16\", from_port = 5432 }."
  }

  validation {
    condition     = alltrue([for rule in values(var.egress_rules) : rule.cidr_ipv4 == null ? true : can(cidrnetmask(rule.cidr_ipv4))])
    error_message = "Each cidr_ipv4 must be an IPv4 range. Example: \"10.0.0.0/16\"."
  }

  validation {
    condition     = alltrue([for rule in values(var.egress_rules) : rule.from_port >= 0 && rule.from_port <= coalesce(rule.to_port, rule.from_port) && coalesce(rule.to_port, rule.from_port) <= 65535 && floor(rule.from_port) == rule.from_port && floor(coalesce(rule.to_port, rule.from_port)) == coalesce(rule.to_port, rule.from_port)])
    error_message = "Ports must be whole numbers from 0 to 65535, to_port not below from_port. Example: { cidr_ipv4 = \"10.0.0.0/16\", from_port = 5432 }."
  }

  validation {
    condition     = alltrue([for rule in values(var.egress_rules) : contains(["tcp", "udp"], rule.protocol)])
    error_message = "Each protocol must be \"tcp\" or \"udp\"; all protocols at once are refused. Example: \"tcp\"."
  }
}
